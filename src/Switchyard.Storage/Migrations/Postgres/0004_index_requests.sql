-- outside a transaction
-- Finds a call by its x-request-id. An index that a build before left half done is built anew.
drop index concurrently if exists entries_by_request;
create index concurrently entries_by_request on entries (request_id);
