, answered as (
    insert into outcomes (saga, saga_id, step, direction, round, reply, recorded_at)
    select o.saga, o.saga_id, o.step, o.direction, o.round, o.reply, $7
    from unnest($15::text[], $16::uuid[], $17::int2[], $18::int2[], $19::int4[], $20::bytea[])
        o(saga, saga_id, step, direction, round, reply)
    on conflict do nothing
), moved as (
    update inbox i set epoch = m.epoch, seq = m.seq
    from unnest($22::text[], $23::int4[], $24::text[], $25::int4[], $26::int8[], $27::int4[], $28::int8[])
        m(topic, partition, source, from_epoch, from_seq, epoch, seq)
    where i.consumer = $21 and i.topic = m.topic and i.partition = m.partition and i.source = m.source
      and i.epoch = m.from_epoch and i.seq = m.from_seq
    returning 1
), began as (
    insert into inbox (consumer, topic, partition, source, epoch, seq)
    select $21, m.topic, m.partition, m.source, m.epoch, m.seq
    from unnest($22::text[], $23::int4[], $24::text[], $26::int8[], $27::int4[], $28::int8[])
        m(topic, partition, source, from_seq, epoch, seq)
    where m.from_seq is null
    on conflict do nothing
    returning 1
), placed as (
    insert into positions (consumer, topic, partition, next_offset, began_at)
    select $21, p.topic, p.partition, p.next_offset, p.next_offset
    from unnest($29::text[], $30::int4[], $31::int8[]) p(topic, partition, next_offset)
    on conflict (consumer, topic, partition) do update set next_offset = excluded.next_offset
)
