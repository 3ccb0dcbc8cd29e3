# read_by_r.R CSV_DIR XPT_DIR ANALYSIS.json: R reads what Respite wrote.
library(haven)
library(survival)
args <- commandArgs(trailingOnly = TRUE)
bad <- 0
complain <- function(...) {
  cat(..., "\n")
  bad <<- bad + 1
}

# Transport files hold what the CSV holds: every variable, every row, to the bit.
for (name in c("adsl", "adtte", "advl", "adlb", "adae", "adev")) {
  csv <- read.csv(file.path(args[1], paste0(name, ".csv")), colClasses = "character",
                  check.names = FALSE, encoding = "UTF-8")
  xpt <- read_xpt(file.path(args[2], paste0(name, ".xpt")))
  if (!identical(names(csv), names(xpt)) || nrow(csv) != nrow(xpt)) {
    complain(name, "has other variables or rows")
    next
  }
  for (v in names(csv)) {
    if (is.null(attr(xpt[[v]], "label"))) complain(name, v, "has no label")
    same <- if (is.numeric(xpt[[v]])) {
      identical(as.numeric(csv[[v]]), as.numeric(xpt[[v]]))
    } else {
      identical(csv[[v]], as.character(xpt[[v]]))
    }
    if (!same) complain(name, v, "differs")
  }
  cat(name, nrow(xpt), "rows,", ncol(xpt), "variables\n")
}

# survival finds in them the events and medians that Respite prints.
json <- paste(readLines(args[3]), collapse = " ")
numbers <- function(key) {
  found <- regmatches(json, gregexpr(paste0('"', key, '": [^,}\\]]+'), json, perl = TRUE))[[1]]
  as.numeric(sub("null", "NaN", sub(".*: ", "", found)))
}
tte <- subset(read_xpt(file.path(args[2], "adtte.xpt")), PARAMCD == "TTREBOND" & CNSR < 5)
fit <- summary(survfit(Surv(AVAL, CNSR == 0) ~ TRT01PN, data = tte))$table
agree <- function(a, b) all((is.na(a) & is.na(b)) | abs(a - b) <= 1e-9 * abs(b), na.rm = TRUE)
if (!agree(fit[, "events"], numbers("events"))) complain("events differ")
if (!agree(fit[, "median"], numbers("median"))) complain("medians differ")
if (length(numbers("median")) != 2) complain("two arms are expected")
cat("medians", fit[, "median"], "\n")
quit(status = as.integer(bad > 0))
