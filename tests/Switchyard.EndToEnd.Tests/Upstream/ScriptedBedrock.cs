using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Switchyard.TestKit;

namespace Switchyard.EndToEnd.Tests.Upstream;

/// <summary>Bedrock's Converse as a script, with a Claude model behind it. Streams are AWS event streams with their checksums.</summary>
internal sealed partial class ScriptedBedrock : ScriptedApi
{
    public override string Type => "bedrock";

    public override string Dialect => "bedrock-converse";

    public override string BaseUrl => Address;

    public override string Model => "anthropic.claude-script-v1:0";

    protected override async Task AnswerAsync(HttpContext http, SeenRequest seen, JsonElement request)
    {
        http.Response.Headers["x-amzn-requestid"] = "req-script";
        if (seen.Headers.GetValueOrDefault("Authorization") != $"Bearer {Key}")
            throw new Refusal(403, "The security token included in the request is invalid.");
        var match = ConversePath().Match(Uri.UnescapeDataString(seen.Path));
        if (!match.Success)
            throw new Refusal(404, "Unknown operation: " + seen.Path);
        var model = match.Groups[1].Value;
        FailIfAsked(model);
        var script = ModelScript.To(BedrockRules.Read(request));
        if (match.Groups[2].Success)
        {
            await StreamAsync(http, script, model);
            return;
        }

        var answer = new JsonObject
        {
            ["output"] = new JsonObject
            {
                ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = new JsonArray([.. Blocks(script)]) },
            },
            ["stopReason"] = Reason(script),
            ["usage"] = Usage(),
            ["metrics"] = new JsonObject { ["latencyMs"] = 12 },
        };
        await WriteAsync(http, 200, answer.ToJsonString());
    }

    protected override Task RefuseAsync(HttpContext http, Refusal refusal)
    {
        http.Response.Headers["x-amzn-errortype"] = refusal.Status switch
        {
            400 => "ValidationException",
            401 or 403 => "UnrecognizedClientException",
            404 => "ResourceNotFoundException",
            429 => "ThrottlingException",
            503 or 529 => "ServiceUnavailableException",
            _ => "InternalServerException",
        } + ":http://internal.amazon.com/coral/com.amazon.bedrock/";
        return WriteAsync(http, refusal.Status, new JsonObject { ["message"] = refusal.Message }.ToJsonString());
    }

    private async Task StreamAsync(HttpContext http, ModelScript script, string model)
    {
        http.Response.ContentType = "application/vnd.amazon.eventstream";
        await EventAsync(http, "messageStart", new() { ["role"] = "assistant" });
        var index = 0;
        if (script.Reasoning.Length > 0)
        {
            foreach (var piece in ModelScript.Pieces(script.Reasoning, 6))
                await DeltaAsync(http, index, new() { ["reasoningContent"] = new JsonObject { ["text"] = piece } });
            await DeltaAsync(
                http, index, new() { ["reasoningContent"] = new JsonObject { ["signature"] = ModelScript.Sign(script.Reasoning) } });
            await EventAsync(http, "contentBlockStop", new() { ["contentBlockIndex"] = index++ });
        }

        if (script.Text.Length > 0)
        {
            var sent = 0;
            foreach (var piece in ModelScript.Pieces(script.Text, 6))
            {
                await DeltaAsync(http, index, new() { ["text"] = piece });
                if (++sent == 2 && Hangs(model))
                    await HangAsync(http, model);
            }

            await EventAsync(http, "contentBlockStop", new() { ["contentBlockIndex"] = index++ });
        }

        foreach (var call in script.Calls)
        {
            var use = new JsonObject { ["toolUseId"] = "tooluse_" + call.Id, ["name"] = call.Name };
            await EventAsync(
                http, "contentBlockStart", new() { ["contentBlockIndex"] = index, ["start"] = new JsonObject { ["toolUse"] = use } });
            foreach (var piece in ModelScript.Pieces(call.Arguments, 5).Prepend(""))
                await DeltaAsync(http, index, new() { ["toolUse"] = new JsonObject { ["input"] = piece } });
            await EventAsync(http, "contentBlockStop", new() { ["contentBlockIndex"] = index++ });
        }

        await EventAsync(http, "messageStop", new() { ["stopReason"] = Reason(script) });
        await EventAsync(http, "metadata", new() { ["usage"] = Usage(), ["metrics"] = new JsonObject { ["latencyMs"] = 12 } });
    }

    private static IEnumerable<JsonObject> Blocks(ModelScript script)
    {
        if (script.Reasoning.Length > 0)
        {
            var text = new JsonObject { ["text"] = script.Reasoning, ["signature"] = ModelScript.Sign(script.Reasoning) };
            yield return new() { ["reasoningContent"] = new JsonObject { ["reasoningText"] = text } };
        }

        if (script.Text.Length > 0)
            yield return new() { ["text"] = script.Text };
        foreach (var call in script.Calls)
        {
            var use =
                new JsonObject { ["toolUseId"] = "tooluse_" + call.Id, ["name"] = call.Name, ["input"] = JsonNode.Parse(call.Arguments) };
            yield return new() { ["toolUse"] = use };
        }
    }

    private static string Reason(ModelScript script) => script.Ending switch
    {
        Ending.Length => "max_tokens",
        Ending.Tools => "tool_use",
        Ending.StopSequence => "stop_sequence",
        _ => "end_turn",
    };

    private static JsonObject Usage() => new()
    {
        ["inputTokens"] = ModelScript.Input - ModelScript.Cached,
        ["outputTokens"] = ModelScript.Output,
        ["totalTokens"] = ModelScript.Input + ModelScript.Output,
        ["cacheReadInputTokens"] = ModelScript.Cached,
        ["cacheWriteInputTokens"] = 0,
    };

    private static Task DeltaAsync(HttpContext http, int index, JsonObject delta) =>
        EventAsync(http, "contentBlockDelta", new() { ["contentBlockIndex"] = index, ["delta"] = delta });

    private static async Task EventAsync(HttpContext http, string type, JsonObject payload)
    {
        payload["p"] = "abcdefgh";
        await http.Response.Body.WriteAsync(Frame(type, Encoding.UTF8.GetBytes(payload.ToJsonString())));
        await http.Response.Body.FlushAsync();
    }

    /// <summary>One message of the event stream: lengths, their checksum, headers, payload, the checksum of all.</summary>
    private static byte[] Frame(string type, byte[] payload)
    {
        var headers = new List<byte>();
        foreach (var (name, value) in new[] { (":event-type", type), (":content-type", "application/json"), (":message-type", "event") })
        {
            headers.AddRange(
                [(byte)name.Length, .. Encoding.UTF8.GetBytes(name), 7, 0, (byte)value.Length, .. Encoding.UTF8.GetBytes(value)]);
        }

        var frame = new byte[12 + headers.Count + payload.Length + 4];
        BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), headers.Count);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(8), Crc32.HashToUInt32(frame.AsSpan(0, 8)));
        headers.CopyTo(frame, 12);
        payload.CopyTo(frame, 12 + headers.Count);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(frame.Length - 4), Crc32.HashToUInt32(frame.AsSpan(0, frame.Length - 4)));
        return frame;
    }

    [GeneratedRegex("^/model/([^/]+)/converse(-stream)?$")]
    private static partial Regex ConversePath();
}
