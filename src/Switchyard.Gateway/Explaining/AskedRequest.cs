using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Gateway.Ingress;

namespace Switchyard.Gateway.Explaining;

/// <summary>
/// What a body asks to be explained: its format and operation, guessed from its fields because the path names neither, its model and seed.
/// </summary>
internal readonly record struct AskedRequest
{
    /// <summary>The format whose field was found.</summary>
    public DialectId Dialect { get; private init; }

    /// <summary>The operation whose field was found.</summary>
    public CallOperation Operation { get; private init; }

    /// <summary>The model, of the query or the body; null if neither names one.</summary>
    public string? Model { get; private init; }

    /// <summary>The seed of the decision to repeat; null for none.</summary>
    public long? Seed { get; private init; }

    /// <summary>Whether the body contains no request, only a model's name.</summary>
    public bool IsModelOnly { get; private init; }

    /// <summary>Looks through the fields of a body; <c>?model=</c> and <c>?seed=</c> win over its own.</summary>
    /// <exception cref="CallException">The seed is not a whole number, or no model is named.</exception>
    public static AskedRequest Read(HttpRequest request, ReadOnlySpan<byte> body)
    {
        var (dialect, fields) = (DialectId.OpenAIChat, Fields.None);
        string? model = null;
        long? seed = null;
        try
        {
            // Invalid JSON is refused by the format's own reader, in its words.
            var reader = new Utf8JsonReader(body);
            if (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
            {
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                    Take(ref reader, ref fields, ref model, ref seed);
            }
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            fields |= Fields.Messages;
        }

        if (request.Query["model"].ToString() is { Length: > 0 } named)
            model = named;
        if (request.Query["seed"].ToString() is { Length: > 0 } text)
        {
            seed = long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                ? number
                : throw new CallException(CallErrorKind.InvalidRequest, "'seed' must be a whole number.", "seed");
        }

        var operation = OperationOf(fields);
        if (fields.HasFlag(Fields.Contents))
            dialect = DialectId.Gemini;
        else if (operation == CallOperation.Chat && fields.HasFlag(Fields.Input))
            dialect = DialectId.OpenAIResponses;
        else if (fields.HasFlag(Fields.Messages)
            && (fields.HasFlag(Fields.System) || request.Headers.ContainsKey("anthropic-version")))
            dialect = DialectId.AnthropicMessages;
        var isModelOnly = fields == Fields.None;
        if (isModelOnly && string.IsNullOrWhiteSpace(model))
            throw new CallException(CallErrorKind.InvalidRequest, "Name the 'model' to explain, or send a whole request.", "model");
        return new() { Dialect = dialect, Operation = operation, Model = model, Seed = seed, IsModelOnly = isModelOnly };
    }

    /// <summary>The request as the endpoint of the format would read it.</summary>
    public IngressRequest ToRequest(HttpRequest request, IIngressDialect dialect) => new(Operation)
    {
        Model = Model,
        Headers = RequestHeaders.OfDialect(request, dialect) ?? CallEnvelope.NoHeaders,
    };

    private static void Take(ref Utf8JsonReader reader, ref Fields fields, ref string? model, ref long? seed)
    {
        var isModel = reader.ValueTextEquals("model"u8);
        var isSeed = reader.ValueTextEquals("seed"u8);
        fields |= reader.ValueTextEquals("messages"u8) ? Fields.Messages
            : reader.ValueTextEquals("system"u8) ? Fields.System
            : reader.ValueTextEquals("contents"u8) ? Fields.Contents
            : reader.ValueTextEquals("input"u8) || reader.ValueTextEquals("previous_response_id"u8) ? Fields.Input
            : reader.ValueTextEquals("encoding_format"u8) || reader.ValueTextEquals("dimensions"u8) ? Fields.Vectors
            : reader.ValueTextEquals("voice"u8) ? Fields.Voice
            : reader.ValueTextEquals("documents"u8) ? Fields.Documents
            : reader.ValueTextEquals("prompt"u8) ? Fields.Prompt
            : Fields.None;
        reader.Read();
        if (isModel && reader.TokenType == JsonTokenType.String)
            model = reader.GetString();
        else if (isSeed && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number))
            seed = number;
        reader.Skip();
    }

    private static CallOperation OperationOf(Fields fields) =>
        fields.HasFlag(Fields.Documents) ? CallOperation.Rerank
        : fields.HasFlag(Fields.Voice) ? CallOperation.Speech
        : fields.HasFlag(Fields.Vectors) ? CallOperation.Embedding
        : (fields & (Fields.Messages | Fields.Contents | Fields.Input)) == 0 && fields.HasFlag(Fields.Prompt) ? CallOperation.Completion
        : CallOperation.Chat;

    /// <summary>The fields by which the formats differ.</summary>
    [Flags]
    private enum Fields
    {
        None = 0,
        Messages = 1,
        System = 2,
        Contents = 4,
        Input = 8,
        Vectors = 16,
        Voice = 32,
        Documents = 64,
        Prompt = 128,
    }
}
