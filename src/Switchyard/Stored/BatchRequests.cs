using System.Globalization;
using System.Text.Json;
using Switchyard.Dialects.Json;

namespace Switchyard.Stored;

/// <summary>Reads the models that a batch of messages names, whose requests are in its body.</summary>
internal static class BatchRequests
{
    private static readonly JsonReaderOptions s_options = new() { MaxDepth = WireJson.MaxDepth };

    /// <summary>The requests in the order of the body, read in one pass; at least one.</summary>
    /// <exception cref="Calls.CallException">The body has no such requests, or a member that decides is repeated.</exception>
    public static List<BatchRequest> Read(ReadOnlySpan<byte> body)
    {
        List<BatchRequest>? found = null;
        try
        {
            var reader = new Utf8JsonReader(body, s_options);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
                throw RequestErrors.Body("The request body is not a JSON object.");
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isRequests = reader.ValueTextEquals("requests"u8);
                reader.Read();
                if (!isRequests)
                {
                    reader.Skip();
                    continue;
                }

                if (found is not null)
                    throw RequestErrors.Duplicate("requests");
                found = ReadAll(ref reader);
            }

            // Fails if anything follows the object.
            reader.Read();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw RequestErrors.Unreadable(body, e);
        }

        if (found is null)
            throw RequestErrors.Missing("requests");
        return found.Count > 0 ? found : throw RequestErrors.EmptyArray("requests");
    }

    /// <summary>The member that holds the model of a request, for errors.</summary>
    public static string MemberOf(int request) =>
        string.Create(CultureInfo.InvariantCulture, $"requests[{request}].params.model");

    private static List<BatchRequest> ReadAll(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw EnvelopeFields.WrongType("requests", "an array of objects", ref reader);
        List<BatchRequest> found = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
                throw EnvelopeFields.WrongType("requests", "an array of objects", ref reader);
            BatchRequest? one = null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isParams = reader.ValueTextEquals("params"u8);
                reader.Read();
                if (!isParams)
                    reader.Skip();
                else
                    one = one is null ? ReadParams(ref reader, found.Count) : throw RequestErrors.Duplicate("params");
            }

            found.Add(one ?? throw RequestErrors.Missing(MemberOf(found.Count)));
        }

        return found;
    }

    private static BatchRequest ReadParams(ref Utf8JsonReader reader, int index)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw EnvelopeFields.WrongType("params", "an object", ref reader);
        var start = (int)reader.TokenStartIndex;
        string? model = null;
        var place = default(Range);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isModel = reader.ValueTextEquals("model"u8);
            reader.Read();
            if (isModel)
                model = EnvelopeFields.Model(ref reader, model, out place);
            else
                reader.Skip();
        }

        return new(model ?? throw RequestErrors.Missing(MemberOf(index)), place, start..(int)reader.BytesConsumed);
    }
}

/// <summary>One request of a batch of messages.</summary>
/// <param name="Model">The model, as its client named it.</param>
/// <param name="Place">The position of the model's JSON value in the body, quotes included.</param>
/// <param name="Params">The position of the request itself in the body.</param>
internal readonly record struct BatchRequest(string Model, Range Place, Range Params);
