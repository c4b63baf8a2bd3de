-- Orders as people look for them, newest first. Room is left in each page: an order's status changes three times or
-- so, and finds its new row beside the old one, with no index to touch.
create table orders (
    order_id    uuid        not null,
    version     bigint      not null,
    customer_id uuid        not null,
    status      text        not null,
    created_at  timestamptz not null,
    total       bigint      not null, -- in minor units
    currency    text        not null,
    items       jsonb       not null,
    store_ids   uuid[]      not null,
    product_ids uuid[]      not null
) with (fillfactor = 75);

create index orders_newest on orders (created_at, order_id);
create index orders_newest_of_customer on orders (customer_id, created_at, order_id);

-- Last, because all three know an order's id, and on an empty table, where all cost the same, the planner takes the
-- newest index: one of the others would be read from end to end for every order.
alter table orders add constraint orders_pkey primary key (order_id);

-- What customers, stores and products are called today.
create table names (
    id      uuid   not null,
    kind    text   not null,
    version bigint not null,
    name    text   not null,
    constraint names_pkey primary key (id, kind)
);
