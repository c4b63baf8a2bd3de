-- Orders by what they contain: their stores and products. A product is in few orders: they are found here without a look
-- at all the others, and of those that come too early or too late only the index is read.
create table contents (
    thing_id   uuid        not null, -- of a store or of a product
    created_at timestamptz not null, -- as in orders, where it never changes
    order_id   uuid        not null,
    constraint contents_pkey primary key (thing_id, created_at, order_id)
);

insert into contents
select distinct thing_id, created_at, order_id from orders cross join unnest(store_ids || product_ids) thing_id;

-- Whether an order passes the filters that are tested row by row; what is null or empty lets everything pass. The planner
-- writes it out wherever it is called.
create function passes(o orders, lowest bigint, highest bigint, wanted text, stores uuid[], products uuid[])
returns boolean language sql immutable parallel safe
return o.total between lowest and highest
   and (wanted is null or o.status = wanted)
   and (cardinality(stores) = 0 or o.store_ids && stores)
   and (cardinality(products) = 0 or o.product_ids && products);
