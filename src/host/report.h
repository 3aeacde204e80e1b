// The report of a job that failed.
#pragma once

#include "host/host.h"

namespace shoal::host {

inline JobReport report_of(Error error) {
  JobReport report;
  report.outputs = std::move(error);
  return report;
}

}  // namespace shoal::host
