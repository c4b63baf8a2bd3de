-- One row for each saga, changed by compare-and-set on its version.
create table sagas (
    name               text        not null,
    id                 uuid        not null,
    version            bigint      not null,
    definition_version smallint    not null,
    status             text        not null,
    step               smallint    not null,
    round              integer     not null,
    attempts           integer     not null,
    command_id         uuid,
    command_seq        bigint,
    clock_at           timestamptz,
    next_at            timestamptz,
    fence              bigint,
    data               jsonb       not null,
    cause              text,
    started_at         timestamptz not null,
    updated_at         timestamptz not null,
    constraint sagas_pkey primary key (id, name)
);

-- What operators look at; whose time has come.
create index sagas_open on sagas (name, step, status, started_at) where status in ('running', 'compensating');
create index sagas_due on sagas (next_at) where status in ('running', 'compensating');

-- Whose clock is to be started. On an empty table all three cost the same, and the last one made is taken; plans are
-- pinned, so it must be this one.
create index sagas_unclocked on sagas (command_seq) where clock_at is null and status in ('running', 'compensating');
