-- Answers of the Responses format that are kept here because their provider keeps none (responses.store).
create table kept_responses (
  id text primary key,
  holder text not null,
  previous text,
  input bytea not null,
  answer bytea not null,
  time bigint not null
);

create index kept_responses_by_time on kept_responses (time);
