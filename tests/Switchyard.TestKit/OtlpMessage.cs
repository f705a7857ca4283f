using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Switchyard.TestKit;

/// <summary>A span as a collector receives it.</summary>
public sealed record ReceivedSpan(
    string TraceId, string SpanId, string ParentId, string Name, IReadOnlyDictionary<string, string> Attributes);

/// <summary>Reads the parts of OTLP's protobuf messages that tests need.</summary>
public static class OtlpMessage
{
    /// <summary>The spans of an <c>ExportTraceServiceRequest</c>.</summary>
    public static IEnumerable<ReceivedSpan> SpansOf(byte[] message) =>
        from resource in Fields(message, 1)
        from scope in Fields(resource, 2)
        from span in Fields(scope, 2)
        select new ReceivedSpan(Hex(span, 1), Hex(span, 2), Hex(span, 4), Text(span, 5), Attributes(span));

    /// <summary>The names of the metrics of an <c>ExportMetricsServiceRequest</c>.</summary>
    public static IEnumerable<string> MetricNamesOf(byte[] message) =>
        from resource in Fields(message, 1)
        from scope in Fields(resource, 2)
        from metric in Fields(scope, 2)
        select Text(metric, 1);

    private static Dictionary<string, string> Attributes(byte[] span) =>
        Fields(span, 9).ToDictionary(pair => Text(pair, 1), pair => Value(Fields(pair, 2).Single()));

    /// <summary>An <c>AnyValue</c>: text, or a number.</summary>
    private static string Value(byte[] value) => Read(value).FirstOrDefault() switch
    {
        { Number: 1, Bytes: { } text } => Encoding.UTF8.GetString(text),
        var other => other.Varint.ToString(CultureInfo.InvariantCulture),
    };

    private static string Text(byte[] message, int number) => Encoding.UTF8.GetString(Fields(message, number).FirstOrDefault() ?? []);

    private static string Hex(byte[] message, int number) => Convert.ToHexStringLower(Fields(message, number).FirstOrDefault() ?? []);

    private static IEnumerable<byte[]> Fields(byte[] message, int number) =>
        Read(message).Where(field => field.Number == number && field.Bytes is not null).Select(field => field.Bytes!);

    private static List<(int Number, ulong Varint, byte[]? Bytes)> Read(byte[] message)
    {
        var fields = new List<(int, ulong, byte[]?)>();
        for (var at = 0; at < message.Length;)
        {
            var tag = ReadVarint(message, ref at);
            var number = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0:
                    fields.Add((number, ReadVarint(message, ref at), null));
                    break;
                case 1:
                    fields.Add((number, BinaryPrimitives.ReadUInt64LittleEndian(message.AsSpan(at)), null));
                    at += 8;
                    break;
                case 2:
                    var length = (int)ReadVarint(message, ref at);
                    fields.Add((number, 0, message[at..(at + length)]));
                    at += length;
                    break;
                case 5:
                    fields.Add((number, BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(at)), null));
                    at += 4;
                    break;
                default:
                    throw new FormatException($"Not a wire type of protobuf: {tag & 7}.");
            }
        }

        return fields;
    }

    private static ulong ReadVarint(byte[] message, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var next = message[at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
                return value;
        }
    }
}
