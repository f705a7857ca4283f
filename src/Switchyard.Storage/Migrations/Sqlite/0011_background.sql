-- Answers that providers make in the background: the owner of each, and what is still to be charged for it.
create table background_answers (
  id text primary key,
  provider text not null,
  account text not null,
  model text not null,
  holder text not null,
  time integer not null,
  -- An entry of the ledger without usage, as in the journal; null if nothing is owed.
  owed blob,
  service_tier text,
  -- When its provider is next to be asked for it, and how often it was asked.
  due integer,
  asked integer not null default 0
);

create index background_answers_by_time on background_answers (time);
create index background_answers_by_due on background_answers (due) where owed is not null;
