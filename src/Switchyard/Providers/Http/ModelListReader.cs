using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Switchyard.Dialects.Json;

namespace Switchyard.Providers.Http;

/// <summary>
/// Reads the answer of <c>GET /models</c> in the shapes vendors use: <c>{"data":[…]}</c>, <c>{"models":[…]}</c>,
/// <c>{"modelSummaries":[…]}</c> or a bare array, of objects or of plain names. Unknown members are skipped.
/// </summary>
internal static class ModelListReader
{
    /// <exception cref="JsonException">The body is not JSON.</exception>
    public static List<ProviderModel> Read(ReadOnlySequence<byte> body, string provider)
    {
        var reader = new Utf8JsonReader(body);
        var models = new List<ProviderModel>();
        reader.Read();
        if (reader.TokenType == JsonTokenType.StartArray)
        {
            ReadArray(ref reader, provider, models);
        }
        else if (reader.TokenType == JsonTokenType.StartObject)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isList = reader.ValueTextEquals("data"u8)
                    || reader.ValueTextEquals("models"u8)
                    || reader.ValueTextEquals("modelSummaries"u8);
                reader.Read();
                if (isList && reader.TokenType == JsonTokenType.StartArray)
                    ReadArray(ref reader, provider, models);
                else
                    reader.Skip();
            }
        }

        return models;
    }

    private static void ReadArray(ref Utf8JsonReader reader, string provider, List<ProviderModel> models)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                if (ReadModel(ref reader, provider) is { } model)
                    models.Add(model);
            }
            else if (reader.TokenType == JsonTokenType.String && reader.GetString() is { Length: > 0 } id)
            {
                models.Add(new ProviderModel { Id = id, Name = id, Provider = provider, Capabilities = ModelGuess.Capabilities(id) });
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private static ProviderModel? ReadModel(ref Utf8JsonReader reader, string provider)
    {
        string? id = null, name = null, display = null, owner = null;
        int? context = null;
        DateTimeOffset? created = null;
        bool? completes = null;
        var (seesImages, callsFunctions) = (false, false);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var property = reader.GetString();
            reader.Read();
            switch (property)
            {
                case "id" or "modelId": id = Text(ref reader); break;
                case "name" or "model": name ??= Text(ref reader); break;
                case "display_name" or "displayName" or "modelName": display = Text(ref reader); break;
                case "owned_by" or "providerName": owner = Text(ref reader); break;
                case "created" or "created_at" or "modified_at": created = Time(ref reader); break;
                case "context_length" or "context_window" or "max_model_len" or "max_context_length"
                    or "inputTokenLimit" or "max_input_tokens":
                    context ??= Number(ref reader);
                    break;
                case "capabilities":
                    var stated = JsonElement.ParseValue(ref reader);
                    completes = Says(stated, "completion_chat");
                    seesImages |= Says(stated, "vision") == true || Says(stated, "image_input") == true;
                    callsFunctions |= Says(stated, "function_calling") == true;
                    break;
                case "architecture": seesImages |= Lists(JsonElement.ParseValue(ref reader).Member("input_modalities"), "image"); break;
                case "supported_parameters": callsFunctions |= Lists(JsonElement.ParseValue(ref reader), "tools"); break;
                default: reader.Skip(); break;
            }
        }

        id ??= name;
        if (string.IsNullOrEmpty(id))
            return null;
        // Google lists resource names; the bare name is what requests use.
        if (id.StartsWith("models/", StringComparison.Ordinal))
            id = id["models/".Length..];
        var guess = ModelGuess.Capabilities(id);
        return new ProviderModel
        {
            Id = id,
            Name = display ?? name ?? id,
            Provider = provider,
            OwnedBy = owner,
            Created = created,
            Capabilities = guess with
            {
                Completion = completes ?? guess.Completion,
                ImageUnderstanding = seesImages,
                FunctionCalling = callsFunctions,
                MaxContextTokens = context,
            },
        };
    }

    /// <summary>What a list states of a feature: Mistral as a boolean, Anthropic in an object; null if it does not.</summary>
    private static bool? Says(JsonElement capabilities, string name) => capabilities.Member(name) switch
    {
        { ValueKind: JsonValueKind.Object } inner => Says(inner, "supported"),
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => null,
    };

    private static bool Lists(JsonElement? list, string word) =>
        list is { ValueKind: JsonValueKind.Array } items
        && items.EnumerateArray().Any(item => item.ValueKind == JsonValueKind.String && item.ValueEquals(word));

    private static string? Text(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String)
            return reader.GetString();
        reader.Skip();
        return null;
    }

    private static int? Number(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var value) && value > 0)
            return value;
        reader.Skip();
        return null;
    }

    private static DateTimeOffset? Time(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var seconds) && seconds is > 0 and < 100_000_000_000)
            return DateTimeOffset.FromUnixTimeSeconds(seconds);
        if (reader.TokenType == JsonTokenType.String
            && DateTimeOffset.TryParse(reader.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
        {
            return time;
        }

        reader.Skip();
        return null;
    }
}
