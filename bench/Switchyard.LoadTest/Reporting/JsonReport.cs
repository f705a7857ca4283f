using System.Text.Json;

namespace Switchyard.LoadTest.Reporting;

/// <summary>The raw figures as JSON, for charts and comparisons.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static void Write(string file, Machine machine, object options, IReadOnlyList<string> warnings, Figures figures)
    {
        var values = Metrics.All
            .Select(metric => (metric.Key, Subjects: figures.Subjects
                .Where(subject => figures.Of(metric, subject).Count > 0)
                .ToDictionary(subject => subject, subject => figures.Of(metric, subject))))
            .Where(entry => entry.Subjects.Count > 0)
            .ToDictionary(entry => entry.Key, entry => entry.Subjects);
        File.WriteAllText(file, JsonSerializer.Serialize(new { machine, options, warnings, figures = values }, Indented));
    }
}
