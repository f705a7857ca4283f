using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>Reads the envelope of a request that came as a form: the multipart operations have the same fields as the JSON ones.</summary>
internal static class FormEnvelopeReader
{
    public static CallEnvelope Read(IngressRequest request, IReadOnlyList<KeyValuePair<string, string>> fields)
    {
        string? named = null;
        string? user = null;
        var stream = false;
        foreach (var (name, value) in fields)
        {
            switch (name)
            {
                case "model":
                    named = value;
                    break;
                case "stream":
                    stream = Boolean(value);
                    break;
                case "user":
                    user = value;
                    break;
            }
        }

        var model = request.Model ?? named ?? throw RequestErrors.Missing("model");
        if (string.IsNullOrWhiteSpace(model))
            throw RequestErrors.EmptyString("model");
        return new CallEnvelope { Operation = request.Operation, Model = model, Stream = stream, EndUser = user };
    }

    /// <summary>Clients send their language's spelling: <c>True</c>, <c>1</c>.</summary>
    private static bool Boolean(string value) => value.Trim().ToLowerInvariant() switch
    {
        "true" or "1" => true,
        "false" or "0" or "" or "null" => false,
        _ => throw RequestErrors.InvalidValue("stream", "Invalid value for 'stream': expected 'true' or 'false'."),
    };
}
