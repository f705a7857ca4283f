-- Whose files and batches are whose, and which account keeps them.
create table stored_owners (
  id text primary key,
  kind text not null,
  provider text not null,
  account text not null,
  holder text not null,
  time integer not null
);

create index stored_owners_of on stored_owners (holder, kind, provider);
