, advanced as (
    insert into sagas (name, id, version, definition_version, status, step, round, attempts, command_id, command_seq,
                       clock_at, next_at, fence, data, cause, started_at, updated_at)
    select s.name, s.id, s.version, s.definition_version, s.status, s.step, s.round, s.attempts, s.command_id, sent.seq,
           s.clock_at, s.next_at, s.fence, s.data::jsonb, s.cause, s.started_at, $7
    from unnest($32::text[], $33::uuid[], $34::int8[], $35::int2[], $36::text[], $37::int2[], $38::int4[], $39::int4[],
                $40::uuid[], $41::timestamptz[], $42::timestamptz[], $43::int8[], $44::text[], $45::text[], $46::timestamptz[])
        s(name, id, version, definition_version, status, step, round, attempts,
          command_id, clock_at, next_at, fence, data, cause, started_at)
    left join sent on sent.message_id = s.command_id
    on conflict (id, name) do update set
        version = excluded.version, status = excluded.status, step = excluded.step, round = excluded.round,
        attempts = excluded.attempts, command_id = excluded.command_id,
        command_seq = coalesce(excluded.command_seq, sagas.command_seq),
        clock_at = excluded.clock_at, next_at = excluded.next_at, fence = excluded.fence,
        data = excluded.data, cause = excluded.cause, updated_at = excluded.updated_at
    where sagas.version = excluded.version - 1
    returning 1
)
