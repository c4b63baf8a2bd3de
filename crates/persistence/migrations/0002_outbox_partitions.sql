-- Makes partition `number` of the outbox. With the rights of the tables' owner: who only writes the outbox needs
-- partitions ahead, but has no other business with the schema.
--
-- Attached, not created in place: `create table .. partition of` would lock all writers out.
create function make_outbox_partition(number bigint) returns void
language plpgsql
security definer
set search_path = public, pg_temp
as $$
declare
    name   text   := format('outbox_%s', number);
    bottom bigint := number * 1000000;
    top    bigint := bottom + 1000000;
begin
    execute format('create table %I (like outbox including defaults including constraints)', name);
    execute format('alter table %I add primary key (seq)', name);
    execute format('alter table %I add constraint bounds check (seq >= %s and seq < %s)', name, bottom, top);
    execute format('alter table outbox attach partition %I for values from (%s) to (%s)', name, bottom, top);
    execute format('alter table %I drop constraint bounds', name);
end
$$;
revoke execute on function make_outbox_partition(bigint) from public;
