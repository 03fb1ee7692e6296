-- The newest letter that stands for an event is one step from the end of this index, however many
-- letters a producer's repeated mistake has made of it.
CREATE INDEX dead_letters_standing_for_event ON farol.dead_letters (event_key, letter_id)
WHERE event_key IS NOT NULL AND state <> 'resolved';
DROP INDEX farol.dead_letters_by_event;
