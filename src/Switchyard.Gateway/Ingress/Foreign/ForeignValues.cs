using System.Globalization;
using System.Text;
using System.Text.Json;
using Switchyard.Calls;

namespace Switchyard.Gateway.Ingress.Foreign;

/// <summary>Reads the values of other gateways' headers. An invalid one is the client's mistake, and answered with 400.</summary>
internal static class ForeignValues
{
    private const int MostRetries = 20;

    private static readonly TimeSpan s_longest = TimeSpan.FromDays(1);

    /// <exception cref="CallException">The value is not a time.</exception>
    public static TimeSpan Seconds(string name, string value) => Time(name, value, TimeSpan.TicksPerSecond, "seconds, such as 30 or 2.5");

    /// <exception cref="CallException">The value is not a time.</exception>
    public static TimeSpan Milliseconds(string name, string value) =>
        Time(name, value, TimeSpan.TicksPerMillisecond, "milliseconds, such as 30000");

    /// <exception cref="CallException">The value is not a number of retries.</exception>
    public static int Count(string name, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count <= MostRetries
            ? count
            : throw Invalid(name, $"Send a whole number from 0 to {MostRetries}.");

    /// <exception cref="CallException">The value is neither true nor false.</exception>
    public static bool Flag(string name, string value) =>
        bool.TryParse(value, out var flag) ? flag : throw Invalid(name, "Send true or false.");

    /// <summary>The name of a provider, which may be written with an @.</summary>
    /// <exception cref="CallException">The value is not a provider's name.</exception>
    public static string Provider(string name, string value)
    {
        var provider = value.TrimStart('@');
        return provider.Length > 0 && !provider.AsSpan().ContainsAny('/', ' ', ',')
            ? provider
            : throw Invalid(name, "Send the name of one provider, such as openai.");
    }

    /// <summary>The id of a config.</summary>
    /// <exception cref="CallException">The value is the config itself.</exception>
    public static string ConfigId(string name, string value) => value[0] is not ('{' or '[')
        ? value
        : throw Invalid(name, "A config in a header is not read here: make an alias of it (switchyard import portkey), and request that.");

    /// <summary>The parts of a comma-separated list, joined with slashes.</summary>
    public static string List(string value) =>
        string.Join('/', value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

    /// <summary>The members of a JSON object that are text, numbers or booleans, in its order.</summary>
    /// <exception cref="CallException">The value is not a JSON object.</exception>
    public static IReadOnlyList<KeyValuePair<string, string>> Object(string name, string value)
    {
        var entries = new List<KeyValuePair<string, string>>();
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(value));
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                throw Invalid(name, NoObject);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var entry = reader.GetString()!;
                reader.Read();
                if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
                    reader.Skip();
                else if (reader.TokenType == JsonTokenType.String)
                    entries.Add(new(entry, reader.GetString()!));
                else if (reader.TokenType != JsonTokenType.Null)
                    entries.Add(new(entry, Encoding.UTF8.GetString(reader.ValueSpan)));
            }

            // Reads on, so that anything after the object is refused.
            return reader.Read() ? throw Invalid(name, NoObject) : entries;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Invalid(name, NoObject);
        }
    }

    /// <summary>The error for a value that cannot be used.</summary>
    public static CallException Invalid(string name, string wayOut) => new(
        new CallError(CallErrorKind.InvalidRequest, $"The value of {name} cannot be used. {wayOut}") { Param = name });

    private const string NoObject = "Send a JSON object such as {\"_user\":\"ann\",\"environment\":\"test\"}.";

    private static TimeSpan Time(string name, string value, long ticks, string form) =>
        double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
        && number * ticks >= TimeSpan.TicksPerMillisecond && number * ticks <= s_longest.Ticks
            ? TimeSpan.FromTicks((long)(number * ticks))
            : throw Invalid(name, $"Send a time in {form}, of at most a day.");
}
