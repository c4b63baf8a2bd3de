-- Lists of stores and products, fed by their events. Ids are UUIDv7: their order is that of creation.

create table stores (
    store_id      uuid    not null,
    version       bigint  not null,
    name          text    not null,
    location      text    not null,
    participating boolean not null,
    constraint stores_pkey primary key (store_id)
);

create index stores_participating on stores (store_id) where participating;

-- Removed products stay as tombstones: who keeps a copy has to hear of it.
create table products (
    product_id  uuid    not null,
    version     bigint  not null,
    store_id    uuid    not null,
    name        text    not null,
    description text    not null,
    sku         text    not null,
    price       bigint  not null, -- in minor units
    currency    text    not null,
    removed     boolean not null,
    constraint products_pkey primary key (product_id)
);

-- The rule that a SKU is unique in its store; that of a removed product is free again.
create unique index products_sku_key on products (store_id, sku) where not removed;

create index products_catalog on products (store_id, product_id) where not removed;
