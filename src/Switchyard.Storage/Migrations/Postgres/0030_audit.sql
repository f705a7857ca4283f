-- The audit log. Entries are only ever added; each has the hash of the one before.
create table audit (
  number bigint primary key,
  time bigint not null,
  who text not null,
  kind text not null,
  role text not null,
  operation text not null,
  target text not null,
  changes text,
  status bigint not null,
  outcome text not null,
  request_id text,
  previous text not null,
  hash text not null
);
