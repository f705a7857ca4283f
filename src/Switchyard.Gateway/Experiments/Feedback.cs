using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Common;

namespace Switchyard.Gateway.Experiments;

/// <summary>The body of <c>POST /feedback</c>.</summary>
/// <param name="RequestId">The <c>x-request-id</c> of the answer that is rated.</param>
/// <param name="Score">From -1 to 1.</param>
/// <param name="Comment">The caller's words; null without any.</param>
internal readonly record struct Feedback(string RequestId, double Score, string? Comment)
{
    private const string ScoreRule = "'score' must be a number from -1 to 1; for good and bad send 1 and 0, or 1 and -1.";

    /// <exception cref="CallException">The body is not a JSON object, or a member is missing, wrong or unknown.</exception>
    public static Feedback Read(ReadOnlySpan<byte> body)
    {
        try
        {
            return ReadMembers(body);
        }
        catch (JsonException)
        {
            throw Wrong("The body is not valid JSON.", null);
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair, or bytes that are not UTF-8.
            throw Wrong("The body holds text that is not valid Unicode.", null);
        }
    }

    private static Feedback ReadMembers(ReadOnlySpan<byte> body)
    {
        string? requestId = null, comment = null;
        double? score = null;
        var json = new Utf8JsonReader(body);
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
            throw Wrong("The body must be a JSON object: {\"request_id\": \"…\", \"score\": 1}.", null);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var name = json.GetString()!;
            json.Read();
            switch (name)
            {
                case "request_id" when json.TokenType == JsonTokenType.String:
                    requestId = json.GetString();
                    break;
                case "score" when json.TokenType == JsonTokenType.Number:
                    score = json.GetDouble();
                    break;
                case "comment" when json.TokenType is JsonTokenType.String or JsonTokenType.Null:
                    comment = json.GetString();
                    break;
                case "request_id" or "comment":
                    throw Wrong($"'{name}' must be text.", name);
                case "score":
                    throw Wrong(ScoreRule, name);
                default:
                    throw Wrong($"'{Sanitizer.Clean(name)}' is not known here; send request_id, score and comment.", null);
            }
        }

        // Reads on, so that anything after the object is refused.
        while (json.Read())
        {
        }

        if (requestId is not { Length: > 0 })
            throw Wrong("'request_id' is missing: the x-request-id of the answer that is rated.", "request_id");
        if (score is not (>= -1 and <= 1))
            throw Wrong(ScoreRule, "score");
        return new(requestId, score.Value, comment);
    }

    private static CallException Wrong(string message, string? param) =>
        new(new CallError(CallErrorKind.InvalidRequest, message) { Param = param });
}
