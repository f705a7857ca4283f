namespace Switchyard.LoadTest.Reporting;

/// <summary>Every figure of a run: for each metric and subject one value a round, in the order of the rounds.</summary>
internal sealed class Figures
{
    private readonly Dictionary<(string Metric, string Subject), List<double>> _values = [];
    private readonly List<string> _subjects = [];

    public void Add(Metric metric, string subject, double value)
    {
        if (!_subjects.Contains(subject)) _subjects.Add(subject);
        if (!_values.TryGetValue((metric.Key, subject), out var list)) _values[(metric.Key, subject)] = list = [];
        list.Add(value);
    }

    public IReadOnlyList<string> Subjects => _subjects;

    public IReadOnlyList<double> Of(Metric metric, string subject) => _values.TryGetValue((metric.Key, subject), out var list) ? list : [];

    /// <summary>
    /// The ratios round by round. Both of a pair were measured within seconds of each other, so what slows the whole machine for a while
    /// slows both and cancels out; dividing the medians of the whole run would not do that.
    /// </summary>
    public IReadOnlyList<double> Ratios(Metric metric, string subject, string yardstick) =>
        [.. Of(metric, subject).Zip(Of(metric, yardstick), (value, unit) => value / unit).Where(double.IsFinite)];
}
