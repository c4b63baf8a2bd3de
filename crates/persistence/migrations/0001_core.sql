-- The core's tables, the same in every service. Their form is final: it is what cannot be changed cheaply.

-- Private facts, one stream per aggregate. `position` is a sequence: whoever reads by it follows the gap rule.
create table events (
    kind           text        not null,
    stream_id      uuid        not null,
    version        bigint      not null,
    type           text        not null generated always as (payload ->> 'type') stored,
    schema_version smallint    not null,
    payload        jsonb       not null,
    metadata       jsonb       not null,
    recorded_at    timestamptz not null,
    position       bigint      not null generated always as identity (cache 1),
    constraint events_pkey primary key (kind, stream_id, version)
);

-- Messages on their way to Kafka, one total order per service. Appended through the parent, never updated,
-- never deleted one by one: whole partitions leave.
create table outbox (
    seq           bigint      not null generated always as identity (cache 1),
    epoch         integer     not null,
    topic         text        not null,
    partition_key text        not null,
    message_id    uuid        not null,
    type          text        not null,
    version       bigint      not null,
    headers       jsonb       not null,
    payload       bytea       not null,
    created_at    timestamptz not null,
    constraint outbox_pkey primary key (seq)
) partition by range (seq);

create table outbox_0 partition of outbox for values from (0) to (1000000);
create table outbox_1 partition of outbox for values from (1000000) to (2000000);
create table outbox_2 partition of outbox for values from (2000000) to (3000000);

-- How far the relay has published: one row.
create table relay (
    id         smallint not null default 1 check (id = 1),
    epoch      integer  not null,
    cursor     bigint   not null,
    partitions jsonb    not null,
    constraint relay_pkey primary key (id)
);
insert into relay (epoch, cursor, partitions) values (1, 0, '{}');

-- The mark: the last message of a source that this consumer has handled, per partition.
create table inbox (
    consumer  text    not null,
    topic     text    not null,
    partition integer not null,
    source    text    not null,
    epoch     integer not null,
    seq       bigint  not null,
    constraint inbox_pkey primary key (consumer, topic, partition, source)
);

-- Where to go on reading. `began_at` is the offset at which this consumer first read the partition.
create table positions (
    consumer    text    not null,
    topic       text    not null,
    partition   integer not null,
    next_offset bigint  not null,
    began_at    bigint  not null,
    constraint positions_pkey primary key (consumer, topic, partition)
);

-- What a command led to: the first answer, given again to every resend.
create table outcomes (
    saga        text        not null,
    saga_id     uuid        not null,
    step        smallint    not null,
    direction   smallint    not null,
    round       integer     not null,
    reply       bytea       not null,
    recorded_at timestamptz not null,
    constraint outcomes_pkey primary key (saga_id, saga, step, direction, round)
);

-- Dead letters: messages that could not be handled, and those that wait behind them.
create table parked (
    consumer  text        not null,
    topic     text        not null,
    partition integer     not null,
    "offset"  bigint      not null,
    source    text        not null,
    epoch     integer     not null,
    seq       bigint      not null,
    key       bytea       not null,
    raw       bytea       not null,
    headers   jsonb       not null,
    cause     text        not null,
    attempts  integer     not null,
    parked_at timestamptz not null,
    constraint parked_pkey primary key (consumer, topic, partition, "offset")
);

create table parked_keys (
    consumer text    not null,
    topic    text    not null,
    key      bytea   not null,
    replay   boolean not null default false,
    constraint parked_keys_pkey primary key (consumer, topic, key)
);
