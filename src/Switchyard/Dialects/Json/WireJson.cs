using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using Microsoft.Extensions.AI;
using Switchyard.Calls;

namespace Switchyard.Dialects.Json;

/// <summary>How every JSON dialect parses and writes.</summary>
internal static class WireJson
{
    /// <summary>The deepest nesting accepted in a request, and in an answer that is decoded.</summary>
    public const int MaxDepth = 64;

    /// <summary>The deepest nesting of forwarded JSON, and of JSON that the dialects write.</summary>
    public const int MaxForwardedDepth = 1000;

    /// <summary>
    /// How the dialects write. Validation is off because tests read back what the encoders write; depth is limited by the readers.
    /// </summary>
    public static readonly JsonWriterOptions WriterOptions = new()
    {
        Encoder = WireTextEncoder.Instance,
        MaxDepth = MaxForwardedDepth,
        SkipValidation = true,
    };

    private static readonly JsonSerializerOptions s_serializerOptions = MakeSerializerOptions();

    private static readonly JsonTypeInfo<string> s_string = (JsonTypeInfo<string>)s_serializerOptions.GetTypeInfo(typeof(string));

    /// <summary>
    /// For values of any CLR type that an in-process caller put into options or results. In a natively compiled program, which has no
    /// reflection to describe a class with, it knows what Microsoft.Extensions.AI does, and <see cref="WireTypes"/>.
    /// </summary>
    private static readonly JsonTypeInfo s_any = s_serializerOptions.GetTypeInfo(typeof(object));

    /// <summary>The elements <c>true</c> and <c>false</c>, for canonical keys that hold a JSON boolean.</summary>
    public static readonly JsonElement True = JsonElement.Parse("true"u8);

    /// <inheritdoc cref="True"/>
    public static readonly JsonElement False = JsonElement.Parse("false"u8);

    /// <summary>Parses a client's body, which must be one JSON object.</summary>
    /// <exception cref="CallException"><see cref="CallErrorKind.InvalidRequest"/>.</exception>
    public static JsonElement ParseRequest(ReadOnlySpan<byte> body)
    {
        // A client's broken UTF-8 is refused; a provider's is repaired (see TryParse).
        if (!Utf8.IsValid(body))
            throw RequestErrors.NotUtf8(body);
        if (TryParse(body, out var root, out var problem) && root.ValueKind == JsonValueKind.Object)
            return root;
        throw new CallException(new CallError(
            CallErrorKind.InvalidRequest,
            problem is null ? "The request body must be a JSON object." : RequestErrors.InvalidJson(problem))
        {
            Cause = problem,
        });
    }

    /// <summary>Parses a provider's body, which must be one JSON object.</summary>
    /// <exception cref="CallException"><see cref="CallErrorKind.UpstreamUnavailable"/>.</exception>
    public static JsonElement ParseAnswer(ReadOnlySpan<byte> body)
    {
        if (TryParse(body, out var root, out var problem) && root.ValueKind == JsonValueKind.Object)
            return root;
        throw new CallException(new CallError(CallErrorKind.UpstreamUnavailable, "The provider's answer is not a JSON object.")
        {
            Cause = problem,
        });
    }

    /// <summary>
    /// Parses any JSON; the element owns its memory. Broken UTF-8 and half surrogate pairs are replaced first, so that every string in it
    /// can be read. A byte order mark before it is passed over.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> json, out JsonElement element, out JsonException? problem)
    {
        json = WithoutMark(json);
        if (!Utf8.IsValid(json))
            json = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(json));
        try
        {
            element = JsonElement.Parse(SurrogateRepair.Repair(json), new JsonDocumentOptions { MaxDepth = MaxDepth });
            problem = null;
            return true;
        }
        catch (JsonException exception)
        {
            element = default;
            problem = exception;
            return false;
        }
    }

    /// <summary>JSON without the byte order mark that some servers write before it, and readers do not take.</summary>
    public static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> json) => json.StartsWith("\uFEFF"u8) ? json[3..] : json;

    /// <summary>The member, or null if it is missing or JSON null, or if this is not an object.</summary>
    public static JsonElement? Member(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
            ? value
            : null;

    /// <summary>The member when it is a string, null otherwise.</summary>
    public static string? Text(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>The member as a whole number; null if it is missing or something else. <c>15.0</c> counts as 15.</summary>
    public static long? Integer(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.Number } value ? WholeNumber(value) : null;

    /// <summary>The member as a position in a text or a list; null if it is missing or not one.</summary>
    public static int? Place(this JsonElement element, string name) =>
        element.Integer(name) is >= 0 and <= int.MaxValue and var place ? (int)place : null;

    /// <summary>
    /// Whether a name or text is this one. One with an escape is not: comparing half a surrogate pair throws, and no client or server
    /// escapes the words of a format.
    /// </summary>
    public static bool Is(this ref Utf8JsonReader reader, ReadOnlySpan<byte> text) =>
        !reader.ValueIsEscaped && reader.ValueTextEquals(text);

    /// <summary>Reads on to the beginning of a list that is a member of the object; false at the object's end.</summary>
    public static bool ReadToList(this ref Utf8JsonReader reader, ReadOnlySpan<byte> name)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isNamed = reader.Is(name);
            reader.Read();
            if (isNamed && reader.TokenType == JsonTokenType.StartArray)
                return true;
            reader.Skip();
        }

        return false;
    }

    /// <summary>Whether the member has one of these names; unlike reading its name, this allocates nothing.</summary>
    public static bool IsNamed(this JsonProperty member, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (member.NameEquals(name))
                return true;
        }

        return false;
    }

    /// <summary>
    /// A number as a whole number, in any notation (<c>100.0</c>, <c>1e2</c>); null if it has a fraction or does not fit.
    /// </summary>
    public static long? WholeNumber(JsonElement number)
    {
        if (number.TryGetInt64(out var whole))
            return whole;
        return number.TryGetDouble(out var real) ? WholeNumber(real) : null;
    }

    /// <summary>The same for the number at the reader's position.</summary>
    public static long? WholeNumber(ref Utf8JsonReader reader)
    {
        if (reader.TryGetInt64(out var whole))
            return whole;
        return reader.TryGetDouble(out var real) ? WholeNumber(real) : null;
    }

    /// <summary>What a JSON value is, in the words API errors use.</summary>
    public static string KindName(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        _ => "null",
    };

    /// <summary>Writes a value of any CLR type.</summary>
    public static void WriteValue(this Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case null:
                writer.WriteNullValue();
                break;
            case JsonElement { ValueKind: JsonValueKind.Undefined }:
                writer.WriteNullValue();
                break;
            case JsonElement element:
                element.WriteTo(writer);
                break;
            case string text:
                writer.WriteStringValue(text);
                break;
            default:
                WriteObject(writer, value);
                break;
        }
    }

    /// <summary>A value of any CLR type as JSON text.</summary>
    public static string ToJson(object? value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
            writer.WriteValue(value);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Writes an object of a caller in this process: a tool's result, a value among a call's arguments.</summary>
    private static void WriteObject(Utf8JsonWriter writer, object value)
    {
        try
        {
            JsonSerializer.Serialize(writer, value, s_any);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException or InvalidOperationException)
        {
            throw new CallException(new CallError(
                CallErrorKind.InvalidRequest,
                $"A value of the type '{value.GetType().Name}' cannot be written as JSON. Give the arguments and results of tools as text, "
                    + "numbers and booleans, or as lists and objects of those.")
            {
                Cause = e,
            });
        }
    }

    /// <summary>A text as a JSON string, with its quotes.</summary>
    public static byte[] Quote(string text) => JsonSerializer.SerializeToUtf8Bytes(text, s_string);

    /// <summary>Keeps a wire value under its name, making the dictionary when it is the first.</summary>
    public static void Keep(ref AdditionalPropertiesDictionary? kept, string name, object value) => (kept ??= [])[name] = value;

    // Beyond 9e15 a double no longer holds every whole number.
    private static long? WholeNumber(double real) => Math.Floor(real) == real && Math.Abs(real) < 9e15 ? (long)real : null;

    private static JsonSerializerOptions MakeSerializerOptions()
    {
        var options = new JsonSerializerOptions(AIJsonUtilities.DefaultOptions)
        {
            Encoder = WireTextEncoder.Instance,
            WriteIndented = false,
        };
        // Last in the chain: the other resolvers keep describing the types they know.
        options.TypeInfoResolverChain.Add(WireTypes.Default);
        options.MakeReadOnly();
        return options;
    }
}
