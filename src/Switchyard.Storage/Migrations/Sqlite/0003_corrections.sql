-- What an entry said of its cost before it was corrected: both figures stay. The newest line of an entry is what it said last.
create table corrections (
  seq integer primary key autoincrement,
  at integer not null,
  reason text not null,
  call blob not null,
  attempt integer not null,
  outcome integer not null,
  is_estimate integer not null,
  input_tokens integer,
  output_tokens integer,
  input_cost integer not null,
  output_cost integer not null,
  cache_read_cost integer not null,
  cache_write_cost integer not null,
  reasoning_cost integer not null,
  input_audio_cost integer not null,
  output_audio_cost integer not null,
  request_cost integer not null,
  cost integer not null,
  unpriced integer not null,
  price_version text
);

create index corrections_by_call on corrections (call);
