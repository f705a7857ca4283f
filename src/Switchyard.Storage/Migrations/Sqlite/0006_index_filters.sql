-- What few calls have in common is found by an index: calls without tags cost nothing in it, and what has ended well is most of all.
-- Of keys, tenants and models the roll-ups say in which hours they are.
create index entries_of_end_user on entries (end_user, started) where end_user is not null;
create index entries_of_session on entries (session, started) where session is not null;
create index entries_of_tag on entries (tag, started) where tag is not null;
create index entries_of_outcome on entries (outcome, started) where outcome <> 1;
create index rollups_of_one_key on rollups (key, hour);
create index rollups_of_one_tenant on rollups (tenant, hour);
