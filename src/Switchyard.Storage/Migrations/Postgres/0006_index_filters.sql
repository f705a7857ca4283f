-- outside a transaction
-- What few calls have in common is found by an index: calls without tags cost nothing in it, and what has ended well is most of all.
-- Of keys, tenants and models the roll-ups say in which hours they are. An index that a build before left half done is built anew.
drop index concurrently if exists entries_of_end_user;
create index concurrently entries_of_end_user on entries (end_user, started, seq) where end_user is not null;
drop index concurrently if exists entries_of_session;
create index concurrently entries_of_session on entries (session, started, seq) where session is not null;
drop index concurrently if exists entries_of_tag;
create index concurrently entries_of_tag on entries (tag, started, seq) where tag is not null;
drop index concurrently if exists entries_of_outcome;
create index concurrently entries_of_outcome on entries (outcome, started, seq) where outcome <> 1;
drop index concurrently if exists rollups_of_one_key;
create index concurrently rollups_of_one_key on rollups (key, hour);
drop index concurrently if exists rollups_of_one_tenant;
create index concurrently rollups_of_one_tenant on rollups (tenant, hour);
