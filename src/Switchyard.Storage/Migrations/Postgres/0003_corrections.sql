-- What an entry said of its cost before it was corrected: both figures stay. The newest line of an entry is what it said last.
create table corrections (
  seq bigint generated always as identity primary key,
  at bigint not null,
  reason text not null,
  call uuid not null,
  attempt integer not null,
  outcome integer not null,
  is_estimate boolean not null,
  input_tokens bigint,
  output_tokens bigint,
  input_cost bigint not null,
  output_cost bigint not null,
  cache_read_cost bigint not null,
  cache_write_cost bigint not null,
  reasoning_cost bigint not null,
  input_audio_cost bigint not null,
  output_audio_cost bigint not null,
  request_cost bigint not null,
  cost bigint not null,
  unpriced integer not null,
  price_version text
);

create index corrections_by_call on corrections (call);
