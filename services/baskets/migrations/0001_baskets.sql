-- What was heard of others. A row is only replaced by a newer version; what a message does not tell is null until
-- somebody tells it. Removed products stay as tombstones.

create table products (
    product_id uuid    not null,
    version    bigint  not null,
    store_id   uuid,
    name       text,
    price      bigint,
    currency   text,
    removed    boolean not null,
    constraint products_pkey primary key (product_id)
);

create table stores (
    store_id      uuid   not null,
    version       bigint not null,
    name          text,
    participating boolean,
    constraint stores_pkey primary key (store_id)
);

create table customers (
    customer_id uuid    not null,
    version     bigint  not null,
    enabled     boolean not null,
    constraint customers_pkey primary key (customer_id)
);

create table payments (
    payment_id  uuid    not null,
    version     bigint  not null,
    customer_id uuid    not null,
    authorized  bigint,
    currency    text,
    is_free     boolean not null,
    constraint payments_pkey primary key (payment_id)
);
