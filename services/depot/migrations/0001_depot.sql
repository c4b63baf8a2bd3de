-- Which shopping lists there are, for pages and for bots that ask for work.
create table lists (
    id           uuid        not null,
    status       text        not null,
    available_at timestamptz,
    constraint lists_pkey primary key (id)
);
create index lists_by_status on lists (status, id);
create index lists_available on lists (available_at, id) where status = 'available';

-- What stores tell of products. What is null has not been heard of yet; a removed product stays as a tombstone.
create table products (
    id       uuid    not null,
    version  bigint  not null,
    store_id uuid,
    name     text,
    removed  boolean not null,
    constraint products_pkey primary key (id)
);

-- What stores tell of themselves. What is null has not been heard of yet.
create table stores (
    id       uuid   not null,
    version  bigint not null,
    name     text,
    location text,
    constraint stores_pkey primary key (id)
);
