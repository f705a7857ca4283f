-- Finds a call by its x-request-id.
create index entries_by_request on entries (request_id);
