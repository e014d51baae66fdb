-- SPDX-License-Identifier: Apache-2.0
-- A call says when it began, so that a query's time can be parted by what it
-- waited for. Of older calls nobody knows.
ALTER TABLE call ADD COLUMN start_ns INTEGER;
PRAGMA user_version = 3;
