using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Switchyard.TestKit;

namespace Switchyard.EndToEnd.Tests.Upstream;

/// <summary>The script's images and audio: their content states the request.</summary>
internal static class ScriptedMedia
{
    public static bool IsForm(SeenRequest seen) => seen.Headers["Content-Type"].StartsWith("multipart/form-data", StringComparison.Ordinal);

    public static string Images(JsonElement request)
    {
        var prompt = RequestRules.Text(request, "prompt")
            ?? throw new ApiError(400, "'prompt' is missing.", "missing_required_parameter", "prompt");
        var count = RequestRules.Get(request, "n")?.GetInt32() ?? 1;
        var images = Enumerable.Range(0, count)
            .Select(i => new JsonObject { ["b64_json"] = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{prompt} {i}")) });
        return new JsonObject
        {
            ["created"] = 1_790_000_000,
            ["data"] = new JsonArray([.. images]),
            ["usage"] = new JsonObject { ["input_tokens"] = 5, ["output_tokens"] = 7, ["total_tokens"] = 12 },
        }.ToJsonString();
    }

    public static async Task SpeakAsync(HttpContext http, JsonElement request)
    {
        http.Response.ContentType = "audio/mpeg";
        await http.Response.WriteAsync($"{RequestRules.Text(request, "voice")} says ");
        await http.Response.Body.FlushAsync();
        await http.Response.WriteAsync(RequestRules.Text(request, "input")!);
    }

    public static async Task TranscribeAsync(HttpContext http, SeenRequest seen)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        var boundary = HeaderUtilities.RemoveQuotes(MediaTypeHeaderValue.Parse(seen.Headers["Content-Type"]).Boundary).ToString();
        var reader = new MultipartReader(boundary, new MemoryStream(seen.Body));
        while (await reader.ReadNextSectionAsync() is { } section)
        {
            using var content = new MemoryStream();
            await section.Body.CopyToAsync(content);
            var disposition = section.GetContentDispositionHeader()!;
            var file = disposition.FileNameStar.HasValue ? disposition.FileNameStar : HeaderUtilities.RemoveQuotes(disposition.FileName);
            fields[HeaderUtilities.RemoveQuotes(disposition.Name).ToString()] = disposition.IsFileDisposition()
                ? $"{file} of {content.Length} bytes"
                : Encoding.UTF8.GetString(content.ToArray());
        }

        var text = $"{fields["model"]} heard {fields["file"]} in {fields["language"]}";
        if (fields.GetValueOrDefault("stream") == "true")
        {
            http.Response.ContentType = "text/event-stream";
            await http.Response.WriteAsync(
                $"data: {new JsonObject { ["type"] = "transcript.text.delta", ["delta"] = text }.ToJsonString()}\n\n");
            await http.Response.WriteAsync(
                $"data: {new JsonObject { ["type"] = "transcript.text.done", ["text"] = text }.ToJsonString()}\n\n");
            return;
        }

        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(
            new JsonObject { ["text"] = text, ["usage"] = new JsonObject { ["type"] = "duration", ["seconds"] = 7 } }.ToJsonString());
    }
}
