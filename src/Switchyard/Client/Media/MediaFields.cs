using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;

namespace Switchyard.Client.Media;

/// <summary>
/// The fields of a request for images or audio, in OpenAI's format, and the names of options that have no field. Not thread-safe: it
/// belongs to one call.
/// </summary>
/// <param name="model">The model as the caller named it.</param>
internal sealed class MediaFields(string model)
{
    // A caller in process gets a whole answer, or its bytes as they arrive: events are not read for it.
    private static readonly string[] s_own = ["model", "stream", "stream_format"];

    private readonly OrderedDictionary<string, JsonElement> _fields = new(StringComparer.Ordinal);

    /// <summary>The model as the caller named it.</summary>
    public string Model => model;

    /// <summary>Whether a stream of events is requested.</summary>
    public bool Stream
    {
        get => _fields.ContainsKey("stream");
        init
        {
            if (value)
                Add("stream", "true");
        }
    }

    /// <summary>The options that are not sent.</summary>
    public LossReport Losses { get; } = new();

    /// <summary>The fields as a form has them: a list as a field for each item, as OpenAI's own clients write it.</summary>
    public IEnumerable<KeyValuePair<string, string>> Texts
    {
        get
        {
            foreach (var (name, value) in _fields)
            {
                if (value.ValueKind != JsonValueKind.Array)
                {
                    yield return KeyValuePair.Create(name, TextOf(value));
                    continue;
                }

                foreach (var item in value.EnumerateArray())
                    yield return KeyValuePair.Create(NameOfList(name), TextOf(item));
            }
        }
    }

    /// <summary>Adds a text; null adds nothing.</summary>
    public void Add(string name, string? value)
    {
        if (value is not null)
            _fields[name] = JsonSerializer.SerializeToElement(value, CanonicalJson.Default.String);
    }

    /// <summary>Adds a number; null adds nothing.</summary>
    /// <exception cref="ArgumentException">It is not finite.</exception>
    public void Add(string name, float? value)
    {
        if (value is not { } number)
            return;
        CallOptions.CheckNumber(number, name, "options");
        _fields[name] = JsonElement.Parse(number.ToString("R", CultureInfo.InvariantCulture));
    }

    /// <summary>
    /// Adds the caller's further fields: its additional properties, and those that its <c>RawRepresentationFactory</c> returns. A field
    /// that is set already is kept.
    /// </summary>
    public void AddFurther(AdditionalPropertiesDictionary? properties, Delegate? factory, Func<object?>? make)
    {
        foreach (var (name, value) in PlainValues.FieldsOf(properties, factory, make, Losses))
        {
            if (s_own.Contains(name))
                Losses.Drop(name);
            else
                _fields.TryAdd(name, value);
        }
    }

    /// <summary>Names an option that is set and has no field.</summary>
    public void Lose(string option, bool isSet)
    {
        if (isSet)
            Losses.Drop(option);
    }

    /// <summary>In strict mode, fails the call when an option cannot be sent.</summary>
    /// <exception cref="CallException">One cannot.</exception>
    public void Check(bool isStrict)
    {
        if (isStrict && !Losses.IsEmpty)
        {
            throw new CallException(
                CallErrorKind.InvalidRequest,
                $"A request for {model} has no field for {string.Join(", ", Losses.Fields)}. Remove the option, or turn strict off.",
                Losses.Fields[0]);
        }
    }

    /// <summary>The fields as JSON, the model first.</summary>
    public PooledBytes ToJson()
    {
        using var output = new PooledWriter();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteString("model"u8, model);
            foreach (var (name, value) in _fields)
            {
                json.WritePropertyName(name);
                value.WriteTo(json);
            }

            json.WriteEndObject();
        }

        return output.Detach();
    }

    private static string NameOfList(string name) => name.EndsWith("[]", StringComparison.Ordinal) ? name : $"{name}[]";

    private static string TextOf(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
}
