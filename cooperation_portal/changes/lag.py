"""How far the change feed lags behind what is being written."""

#: Any constant that nothing else in the database uses; see `recording.py`.
COMMIT_ORDER_LOCK = 1540_2325

#: Milliseconds since the oldest write that holds the feed began; 0 where none does. Until it commits, what was written
#: after it is told to nobody.
LAG_STATEMENT = f"""
SELECT coalesce(max(extract(epoch FROM clock_timestamp() - activity.xact_start)) * 1000, 0)::bigint
FROM pg_locks AS held JOIN pg_stat_activity AS activity USING (pid)
WHERE held.locktype = 'advisory' AND held.granted AND activity.datname = current_database()
AND held.database = activity.datid AND held.classid = 0 AND held.objid = {COMMIT_ORDER_LOCK} AND held.objsubid = 1
"""  # noqa: S608 - a number of our own
