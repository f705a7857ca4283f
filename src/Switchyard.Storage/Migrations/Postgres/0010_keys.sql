-- Keys and tenants as documents; a deleted one has none. Each change has the next number of identity_revision.
create table identities (
  kind text not null,
  name text not null,
  revision bigint not null,
  document text,
  primary key (kind, name)
);

create index identities_by_revision on identities (revision);

create table identity_revision (
  value bigint not null
);

insert into identity_revision (value) values (0);

-- When a key was last used, in milliseconds since 1970 UTC.
create table key_uses (
  name text primary key,
  used bigint not null
);
