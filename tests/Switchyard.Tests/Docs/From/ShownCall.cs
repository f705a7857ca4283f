using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Docs.From;

/// <summary>
/// A call that a page shows: <c>curl -i …</c> in a block of bash, and its answer in the block of http below it. There <c>…</c> is a part
/// that varies: a value of JSON, a member that represents further ones, or lines of text.
/// </summary>
internal sealed partial record ShownCall(string Page, string Command, string Answer)
{
    private const string Anything = "…";

    /// <summary>The calls of a page, in order.</summary>
    public static IEnumerable<ShownCall> On(Page page)
    {
        var blocks = page.AllBlocks.ToList();
        for (var i = 0; i < blocks.Count; i++)
        {
            if (blocks[i].Language != "bash" || !blocks[i].Code.StartsWith("curl ", StringComparison.Ordinal))
                continue;
            Assert.True(i + 1 < blocks.Count && blocks[i + 1].Language == "http", $"{page.Path} shows no answer to\n{blocks[i].Code}");
            yield return new(page.Path, blocks[i].Code, blocks[i + 1].Code);
        }
    }

    /// <summary>Makes the call.</summary>
    /// <param name="gateway">The gateway to call; the page's port 8081 is that of the admin API.</param>
    /// <param name="variables">The values of the page's <c>$NAME</c>.</param>
    public async Task<HttpResponseMessage> SendAsync(GatewayHost gateway, IReadOnlyDictionary<string, string> variables)
    {
        using var request = new HttpRequestMessage();
        var words = new Queue<string>(Words(variables));
        Assert.Equal("curl", words.Dequeue());
        var method = "";
        while (words.TryDequeue(out var word))
        {
            switch (word)
            {
                case "-i" or "-N" or "-s":
                    break;
                case "-X":
                    method = words.Dequeue();
                    break;
                case "-H":
                    var header = words.Dequeue().Split(": ", 2);
                    if (!header[0].StartsWith("Content-", StringComparison.OrdinalIgnoreCase))
                        request.Headers.TryAddWithoutValidation(header[0], header[1]);
                    break;
                case "-d":
                    request.Content = new StringContent(words.Dequeue(), Encoding.UTF8, "application/json");
                    break;
                default:
                    var url = new Uri(word);
                    request.RequestUri = new Uri(url.Port == 8081 ? gateway.AdminAddress : gateway.Address, url.PathAndQuery);
                    break;
            }
        }

        request.Method = method.Length > 0 ? new(method) : request.Content is null ? HttpMethod.Get : HttpMethod.Post;
        return await gateway.Http.SendAsync(request);
    }

    /// <summary>Asserts that the answer matches the page.</summary>
    public async Task AssertAnswersAsync(HttpResponseMessage response)
    {
        var body = await response.Content.ReadAsStringAsync();
        var (head, shown) = Answer.Split("\n\n", 2) is [var before, var after] ? (before, after) : (Answer.TrimEnd(), "");
        var lines = head.Split('\n');
        Assert.True(
            StatusLine().Match(lines[0]).Groups["status"].Value == ((int)response.StatusCode).ToString("D", null),
            Say($"the status is {(int)response.StatusCode}", body));
        foreach (var line in lines[1..])
        {
            var (name, value) = line.Split(": ", 2) is [var left, var right] ? (left, right) : (line, "");
            var found = response.Headers.TryGetValues(name, out var values) || response.Content.Headers.TryGetValues(name, out values);
            Assert.True(
                found && (value == Anything || InAnyOrder(string.Join(", ", values!)) == InAnyOrder(value)),
                Say($"{name} is {(found ? string.Join(", ", values!) : "not there")}", body));
        }

        if (shown.StartsWith('{') || shown.StartsWith('['))
            AssertIs(JsonNode.Parse(shown), JsonNode.Parse(body), "$", body);
        else
            AssertHolds(shown, body);
    }

    private void AssertIs(JsonNode? shown, JsonNode? actual, string path, string body)
    {
        switch (shown)
        {
            case JsonValue value when value.TryGetValue<string>(out var text) && text == Anything:
                return;
            case JsonObject members:
                Assert.True(actual is JsonObject, Say($"{path} is no object", body));
                foreach (var (name, member) in members.Where(member => member.Key != Anything))
                {
                    Assert.True(actual.AsObject().ContainsKey(name), Say($"{path}.{name} is not there", body));
                    AssertIs(member, actual[name], $"{path}.{name}", body);
                }

                var others = actual.AsObject().Select(member => member.Key).Except(members.Select(member => member.Key)).ToList();
                Assert.True(
                    others.Count == 0 || members.ContainsKey(Anything), Say($"{path} also has {string.Join(", ", others)}", body));
                return;
            case JsonArray items:
                Assert.True(actual is JsonArray array && array.Count == items.Count, Say($"{path} is another list", body));
                for (var i = 0; i < items.Count; i++)
                    AssertIs(items[i], actual[i], $"{path}[{i}]", body);
                return;
            default:
                Assert.True(JsonNode.DeepEquals(shown, actual), Say($"{path} is {actual?.ToJsonString() ?? "null"}", body));
                return;
        }
    }

    private void AssertHolds(string shown, string body)
    {
        var from = 0;
        foreach (var line in shown.Split('\n').Where(line => line.Length > 0 && line != Anything))
        {
            // Pieces of a line around the parts that vary.
            foreach (var piece in line.Split(Anything))
            {
                var at = body.IndexOf(piece, from, StringComparison.Ordinal);
                Assert.True(at >= 0, Say($"'{piece}' is not there", body));
                from = at + piece.Length;
            }
        }
    }

    // The client does not keep the order of some headers.
    private static string InAnyOrder(string value) => string.Join(", ", value.Split(", ").Order(StringComparer.Ordinal));

    private string Say(string what, string body) => $"{Page}: {what}.\n{Command}\nsays\n{body}\nand the page\n{Answer}";

    private IEnumerable<string> Words(IReadOnlyDictionary<string, string> variables) =>
        Word().Matches(Command.Replace("\\\n", " ", StringComparison.Ordinal)).Select(match =>
            match.Groups["plain"] is { Success: true } plain
                ? plain.Value
                : Variable().Replace(
                    match.Groups["text"].Value + match.Groups["bare"].Value, name => variables[name.Groups["name"].Value]));

    [GeneratedRegex("""'(?<plain>[^']*)'|"(?<text>[^"]*)"|(?<bare>[^\s'"]+)""")]
    private static partial Regex Word();

    [GeneratedRegex(@"\$(?<name>\w+)")]
    private static partial Regex Variable();

    [GeneratedRegex(@"^HTTP/1\.1 (?<status>\d{3})\b")]
    private static partial Regex StatusLine();
}
