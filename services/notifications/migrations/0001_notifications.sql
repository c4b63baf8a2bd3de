-- What customers are to be told: one text for each kind of news of an order.
create table texts (
    order_id    uuid        not null,
    kind        text        not null,
    text_id     uuid        not null,
    customer_id uuid        not null,
    body        text        not null,
    state       text        not null,
    attempts    integer     not null default 0,
    due_at      timestamptz not null default now(),
    fault       text,
    constraint texts_pkey primary key (order_id, kind),
    constraint texts_text_id_key unique (text_id)
);
create index texts_due on texts (due_at) where state = 'waiting';
create index texts_given_up_index on texts (due_at) where state = 'given-up';

-- For operators: what could not be sent, and why.
create view texts_given_up as
select order_id, kind, text_id, customer_id, attempts, due_at as given_up_at, fault
from texts
where state = 'given-up';

-- Customers' numbers, as heard.
create table customers (
    customer_id uuid   not null,
    version     bigint not null,
    sms_number  text   not null,
    constraint customers_pkey primary key (customer_id)
);

-- What the local provider has brought to nobody's phone.
create table local_texts (
    text_id    uuid        not null,
    sms_number text        not null,
    body       text        not null,
    sent_at    timestamptz not null default now(),
    constraint local_texts_pkey primary key (text_id)
);
