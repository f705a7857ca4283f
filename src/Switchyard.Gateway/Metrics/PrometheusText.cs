using System.Buffers;
using System.Globalization;
using System.Text;
using Switchyard.Telemetry;

namespace Switchyard.Gateway.Metrics;

/// <summary>
/// Writes metrics in the text format of Prometheus, version 0.0.4: a line of help, a line of type, and a line for each value, with the
/// lines of a histogram's buckets before its sum and count.
/// </summary>
internal static class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static void Write(IEnumerable<MetricFamily> families, IBufferWriter<byte> output)
    {
        var text = new StringBuilder(4096);
        foreach (var family in families)
        {
            text.Append("# HELP ").Append(family.Name).Append(' ').Append(Escape(family.Help, isLabel: false)).Append('\n');
            text.Append("# TYPE ").Append(family.Name).Append(' ').Append(NameOf(family.Kind)).Append('\n');
            foreach (var sample in family.Samples)
                Write(text, family, sample);
            Encoding.UTF8.GetBytes(text.ToString(), output);
            text.Clear();
        }
    }

    private static void Write(StringBuilder text, MetricFamily family, MetricSample sample)
    {
        if (family.Kind != MetricKind.Histogram)
        {
            Line(text, family, sample, "", le: null, sample.Value);
            return;
        }

        // A bucket includes the counts of the smaller ones.
        var count = 0L;
        for (var i = 0; i < sample.Buckets.Count; i++)
        {
            count += sample.Buckets[i];
            Line(text, family, sample, "_bucket", i < sample.Bounds.Count ? Number(sample.Bounds[i]) : "+Inf", count);
        }

        Line(text, family, sample, "_sum", le: null, sample.Value);
        Line(text, family, sample, "_count", le: null, count);
    }

    private static void Line(StringBuilder text, MetricFamily family, MetricSample sample, string suffix, string? le, double value)
    {
        text.Append(family.Name).Append(suffix);
        var separator = '{';
        for (var i = 0; i < sample.Labels.Count; i++)
        {
            Label(text, separator, family.LabelNames[i], sample.Labels[i]);
            separator = ',';
        }

        if (le is not null)
        {
            Label(text, separator, "le", le);
            separator = ',';
        }

        if (separator == ',')
            text.Append('}');
        text.Append(' ').Append(Number(value)).Append('\n');
    }

    private static void Label(StringBuilder text, char separator, string name, string value) =>
        text.Append(separator).Append(name).Append("=\"").Append(Escape(value, isLabel: true)).Append('"');

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Escape(string value, bool isLabel)
    {
        if (!value.AsSpan().ContainsAny("\\\n\""))
            return value;
        var escaped = value.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal);
        return isLabel ? escaped.Replace("\"", "\\\"", StringComparison.Ordinal) : escaped;
    }

    private static string NameOf(MetricKind kind) => kind switch
    {
        MetricKind.Counter => "counter",
        MetricKind.Gauge => "gauge",
        _ => "histogram",
    };
}
