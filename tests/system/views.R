# Writes all views of a store as R has them. SPDX-License-Identifier: GPL-2.0-or-later
#
# views.R PACKAGE ADDRESS FOLDER: a file FOLDER/VIEW for each: lines of names, of classes, and of cells; tabs between them, \N for NA. All digits
# of all numbers that R has are printed. ADDRESS: of RSQLite a file, of RMySQL and RMariaDB a socket, of RODBC a connection string.
wanted <- commandArgs(TRUE)
package <- wanted[1]
address <- wanted[2]
suppressMessages(library(package, character.only = TRUE))

server <- function(driver, ...) {
  con <- DBI::dbConnect(driver, username = Sys.getenv("USER", "root"), dbname = "flowzone", ...)
  DBI::dbExecute(con, "SET NAMES utf8mb4")
  con
}
# The number of rows that SQLite's driver says, and several rows at a time, are both wrong.
odbc <- if (package == "RODBC") odbcDriverConnect(address, believeNRows = FALSE, rows_at_time = 1, DBMSencoding = "UTF-8")
con <- switch(package,
  RSQLite = DBI::dbConnect(SQLite(), address),
  RMySQL = server(MySQL(), unix.socket = address),
  RMariaDB = server(MariaDB(), unix.socket = address))
# Without as.is = TRUE, 64 bits become doubles, and dates moments of the local time zone.
ask <- function(sql) if (is.null(con)) sqlQuery(odbc, sql, as.is = TRUE) else suppressWarnings(DBI::dbGetQuery(con, sql))

text <- function(x) {
  if (inherits(x, "integer64")) bit64::as.character.integer64(x)
  else if (inherits(x, "POSIXct")) format(x, "%Y-%m-%d %H:%M:%OS6", tz = "UTC")
  else if (is.numeric(x)) ifelse(is.na(x), NA, sprintf("%.17g", x))
  else enc2utf8(as.character(x))
}

for (view in c("netflow_table", "fz_packets", "fz_minutes", "fz_hours", "fz_hosts", "fz_talkers", "fz_loads")) {
  rows <- ask(paste("SELECT * FROM", view))
  if (!is.data.frame(rows)) stop(view, ": ", rows)
  file <- file(file.path(wanted[3], view), "wb")
  writeLines(paste(names(rows), collapse = "\t"), file, useBytes = TRUE)
  writeLines(paste(sapply(rows, function(x) class(x)[1]), collapse = "\t"), file, useBytes = TRUE)
  cells <- lapply(rows, function(x) { x <- text(x); x[is.na(x)] <- "\\N"; x })
  writeLines(do.call(paste, c(unname(cells), sep = "\t")), file, useBytes = TRUE)
  close(file)
}
