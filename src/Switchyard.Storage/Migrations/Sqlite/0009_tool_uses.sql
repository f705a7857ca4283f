-- How often tools were used that the provider runs itself and charges for by use; null where it said nothing of them.
alter table entries add column web_searches integer;
alter table entries add column file_searches integer;
