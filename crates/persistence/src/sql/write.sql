with recorded as (
    insert into events (kind, stream_id, version, schema_version, payload, metadata, recorded_at)
    select e.kind, e.stream_id, e.version, e.schema_version, e.payload::jsonb, e.metadata::jsonb, $7
    from unnest($1::text[], $2::uuid[], $3::int8[], $4::int2[], $5::text[], $6::text[])
        e(kind, stream_id, version, schema_version, payload, metadata)
), sent as (
    insert into outbox (epoch, topic, partition_key, message_id, type, version, headers, payload, created_at)
    select (select epoch from relay where id = 1), o.topic, o.key, o.message_id, o.type, o.version, o.headers::jsonb, o.payload, $7
    from unnest($8::text[], $9::text[], $10::uuid[], $11::text[], $12::int8[], $13::text[], $14::bytea[])
        with ordinality o(topic, key, message_id, type, version, headers, payload, place)
    order by o.place
    returning seq, epoch, message_id
)
