#include "align/strategy_table.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>

#include "common/wording.hpp"

namespace sheaf::align {
namespace {

Spread spread_of(const std::vector<double> &values) {
  const auto n = static_cast<double>(values.size());
  double sum = 0, squares = 0;
  for (const double v : values) sum += v;
  for (const double v : values) squares += (v - sum / n) * (v - sum / n);
  return {sum / n, std::sqrt(squares / n)};
}

std::string cell(double value) { return std::isnan(value) ? "" : decimals(value, 6); }

void write_csv(std::ostream &out, const std::vector<StrategySummary> &summaries) {
  out << "strategy,n_s,n_f,n_u,mean_count,frac_unscored,changed_mean,changed_sd,overall_mean,overall_sd,success_mean,"
         "success_sd,fail_mean,fail_sd\n";
  for (const StrategySummary &s : summaries) {
    out << s.name << ',' << s.n_s << ',' << s.n_f << ',' << s.n_u << ',' << cell(s.mean_count) << ','
        << cell(s.frac_unscored);
    for (const Spread &p : {s.changed, s.overall, s.success, s.fail}) out << ',' << cell(p.mean) << ',' << cell(p.sd);
    out << '\n';
  }
}

void write_latex(std::ostream &out, const std::vector<StrategySummary> &summaries) {
  out << "\\begin{tabular}{lrrrrrrrrr}\n\\hline\nstrategy & $n_s$ & $n_f$ & $n_u$ & mean count & unscored & changed & "
         "overall & success & fail \\\\\n\\hline\n";
  for (const StrategySummary &s : summaries) {
    std::string name;
    for (const char c : s.name) name += c == '_' ? "\\_" : std::string(1, c);
    out << name << " & " << s.n_s << " & " << s.n_f << " & " << s.n_u << " & " << decimals(s.mean_count, 0) << " & "
        << decimals(s.frac_unscored, 2);
    for (const Spread &p : {s.changed, s.overall, s.success, s.fail})
      if (std::isnan(p.mean)) out << " & -";
      else out << " & $" << decimals(p.mean, 3) << " \\pm " << decimals(p.sd, 3) << "$";
    out << " \\\\\n";
  }
  out << "\\hline\n\\end{tabular}\n";
}

}  // namespace

StrategySummary summary_of(const std::string &name, size_t steps, const std::vector<DifferenceScore> &scores) {
  StrategySummary s;
  s.name = name;
  s.steps = steps;
  std::vector<double> changed, overall, success, fail;
  double count = 0;
  for (const DifferenceScore &score : scores) {
    count += static_cast<double>(score.count);
    overall.push_back(score.score);
    switch (verdict_of(score)) {
      case Verdict::success:
        s.n_s++;
        success.push_back(score.score);
        changed.push_back(score.score);
        break;
      case Verdict::fail:
        s.n_f++;
        fail.push_back(score.score);
        changed.push_back(score.score);
        break;
      case Verdict::unscored: s.n_u++; break;
    }
  }
  const auto n = static_cast<double>(scores.size());
  s.mean_count = count / n;
  s.frac_unscored = static_cast<double>(s.n_u) / n;
  s.changed = spread_of(changed);
  s.overall = spread_of(overall);
  s.success = spread_of(success);
  s.fail = spread_of(fail);
  return s;
}

void rank(std::vector<StrategySummary> &summaries) {
  std::stable_sort(summaries.begin(), summaries.end(), [](const StrategySummary &a, const StrategySummary &b) {
    if (a.n_s != b.n_s) return a.n_s > b.n_s;
    if (a.n_f != b.n_f) return a.n_f < b.n_f;
    return a.overall.mean > b.overall.mean;
  });
}

int recommended_of(const std::vector<StrategySummary> &summaries) {
  constexpr double equal = 0.01;
  if (summaries.empty() || summaries[0].n_s == 0) return -1;
  const StrategySummary &first = summaries[0];
  size_t best = 0;
  for (size_t i = 1; i < summaries.size(); i++) {
    const StrategySummary &s = summaries[i];
    if (s.n_s == first.n_s && s.n_f == first.n_f && s.overall.mean >= first.overall.mean - equal &&
        s.steps < summaries[best].steps)
      best = i;
  }
  return static_cast<int>(best);
}

void write_strategies(const std::string &path, const std::vector<StrategySummary> &summaries, const std::string &key) {
  std::ofstream out(path);
  if (out) (path.ends_with(".tex") ? write_latex : write_csv)(out, summaries);
  out.close();
  if (!out) throw Error(SHEAF_IO, key + ": " + path + " could not be written");
}

}  // namespace sheaf::align
