-- What a restored database is compared by: how many rows each table has, the last position in the
-- event store, the migrations.
SELECT format('SELECT %L || count(*) FROM %I', concat_ws(' ', 'count', :'service', relname, ''), relname)
FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
ORDER BY relname \gexec
SELECT concat_ws(' ', 'position', :'service', coalesce(
  (SELECT concat_ws('-', epoch, transaction_id, position) FROM events
   ORDER BY epoch DESC, transaction_id DESC, position DESC LIMIT 1), 'none'));
SELECT concat_ws(' ', 'migration', :'service', version_num) FROM alembic_version ORDER BY version_num;
