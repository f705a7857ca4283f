using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text.RegularExpressions;
using OpenAI;
using OpenAI.Chat;
using Switchyard.Calls;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Server;

/// <summary><c>switchyard replay</c>, for OpenAI's own client.</summary>
public sealed partial class ReplayCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task OpenAIs_own_client_gets_from_the_program_what_it_got_from_the_provider()
    {
        string whole, streamed;
        await using (var setup = await GatewayUnderTest.StartAsync(EgressMode.Forward, options =>
        {
            options.Recording = new() { Folder = _folder["cassettes"] };
            options.Models["fast"] = new() { Targets = [new() { Model = "openai/gpt-script" }], Record = true };
        }))
        {
            (whole, streamed) = (await AskAsync(setup.BaseUrl), await StreamAsync(setup.BaseUrl));
            await Wait.ForAsync(() => setup.Gateway.Engine.Recordings.Written == 2);
        }

        await using var program = await Executable.StartAsync(null, "replay", _folder["cassettes"], "--port", "0");
        await program.UntilItSaysAsync("Try it:");
        var address = new Uri(Address().Match(program.Printed).Value + "/v1");
        await program.UntilItSaysAsync("point the client under test here");
        Assert.DoesNotContain("switchyard.yaml", program.Printed, StringComparison.Ordinal);

        Assert.StartsWith("You said: Grüße", whole, StringComparison.Ordinal);
        Assert.Equal(whole, await AskAsync(address));
        Assert.Equal(streamed, await StreamAsync(address));
        Assert.Equal(whole, await AskAsync(address));
        var refused = await Assert.ThrowsAsync<ClientResultException>(() => AskAsync(address, "Something else"));
        Assert.Contains("the nearest recording is fast/", refused.Message, StringComparison.Ordinal);
        Assert.Contains(
            "messages[0].content is \"Something else\" and was \"Grüße, 世界\"", refused.Message, StringComparison.Ordinal);
        await program.TerminateAsync();
        Assert.Equal(0, await program.EndAsync());
    }

    [Fact]
    public async Task What_cannot_be_replayed_is_said_in_one_line()
    {
        _folder.Write("bad/a.json", "{\n  oops\n}");

        await using var none = await Executable.StartAsync(null, "replay", _folder["none"], "--port", "0");
        await using var bad = await Executable.StartAsync(null, "replay", _folder["bad"], "--port", "0");
        await using var speed = await Executable.StartAsync(null, "replay", _folder["bad"], "--speed", "fast");
        await using var number = await Executable.StartAsync(null, "replay", _folder["bad"], "--speed", "NaN");

        Assert.Equal((1, 1, 1), (await none.EndAsync(), await bad.EndAsync(), await speed.EndAsync()));
        Assert.Equal(1, await number.EndAsync());
        Assert.Equal($"switchyard: There is no folder of recordings {_folder["none"]}. Record some there, or name another.", none.Errors);
        Assert.StartsWith("switchyard: a.json is not a recording: it is not JSON at line 2", bad.Errors, StringComparison.Ordinal);
        Assert.Equal("switchyard: --speed must be a number from 0 to 1000, such as 1 or 0.5.", speed.Errors);
        Assert.Equal(speed.Errors, number.Errors);
    }

    private static async Task<string> AskAsync(Uri address, string text = "Grüße, 世界")
    {
        ChatCompletion answer = await Client(address).CompleteChatAsync([new UserChatMessage(text)]);
        return answer.Content[0].Text;
    }

    private static async Task<string> StreamAsync(Uri address)
    {
        var said = "";
        await foreach (var update in Client(address).CompleteChatStreamingAsync([new UserChatMessage("Grüße, 世界")]))
            said += string.Concat(update.ContentUpdate.Select(part => part.Text)) + "|";
        return said;
    }

    private static ChatClient Client(Uri address) => new(
        "fast", new ApiKeyCredential("any"), new OpenAIClientOptions { Endpoint = address, RetryPolicy = new ClientRetryPolicy(0) });

    [GeneratedRegex("http://127.0.0.1:[0-9]+")]
    private static partial Regex Address();
}
