-- The list of invoices. An invoice begins with its customer and payment; neither ever changes.
create table invoices (
    order_id    uuid   not null,
    customer_id uuid,
    payment_id  uuid,
    amount      bigint not null,
    currency    text   not null,
    status      text   not null,
    constraint invoices_pkey primary key (order_id)
);

-- How far payments have been looked at for expiry: one row.
create table expiry_cursor (
    id       smallint not null default 1 check (id = 1),
    swept_to uuid     not null,
    constraint expiry_cursor_pkey primary key (id)
);
insert into expiry_cursor (swept_to) values ('00000000-0000-0000-0000-000000000000');
