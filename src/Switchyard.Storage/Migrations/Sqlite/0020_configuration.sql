-- What is set at run time: each change a version with everything that was set then, as a document without secrets. Times are milliseconds
-- since 1970 UTC.
create table configuration_versions (
  version integer primary key,
  at integer not null,
  who text not null,
  action text not null,
  document text not null
);
