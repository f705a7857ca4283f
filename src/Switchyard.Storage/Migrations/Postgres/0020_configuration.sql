-- What is set at run time: each change a version with everything that was set then, as a document without secrets. Times are milliseconds
-- since 1970 UTC.
create table configuration_versions (
  version bigint primary key,
  at bigint not null,
  who text not null,
  action text not null,
  document text not null
);
