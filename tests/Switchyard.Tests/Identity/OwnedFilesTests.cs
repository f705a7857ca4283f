using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects;
using Switchyard.Dialects.OpenAIChat;
using Switchyard.Pipeline;
using Switchyard.Stored;
using Switchyard.Tests.Client;
using Xunit;

namespace Switchyard.Tests.Identity;

/// <summary>A file that a client has uploaded is read for its owner only.</summary>
public sealed class OwnedFilesTests
{
    private const string Body =
        """{"model":"acme/small","messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"file-1"}}]}]}""";

    private static readonly OpenAIChatDialect s_dialect = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("key-of-another", true)]
    [InlineData("key-of-owner", false)]
    public async Task A_step_of_the_host_that_replaces_the_request_does_not_hide_its_files(string caller, bool isRefused)
    {
        var owners = new MemoryOwners();
        await owners.AddAsync(
            new StoredOwner
            {
                Id = "file-1",
                Kind = "file",
                Provider = "acme",
                Account = "",
                Holder = new Caller("key-of-owner").Holder,
                At = DateTimeOffset.UnixEpoch,
            },
            Stop);
        using var client = new ScriptedClient("Fine.");
        await using var given = Given.AnEngineWith(client, options => options.Server.Keys.Add("some-key"), builder =>
        {
            builder.Services.AddSingleton<IStoredOwners>(owners);
            builder.UseCall<Replaces>();
        });
        await given.Engine.StartAsync(Stop);
        var bytes = Encoding.UTF8.GetBytes(Body);
        var envelope = s_dialect.ReadEnvelope(new IngressRequest(CallOperation.Chat), bytes);
        var request = new CallRequest(envelope, CallBody.FromWire(s_dialect, envelope, PooledBytes.Owned(bytes)))
        {
            Caller = new Caller(caller),
        };

        await using var response = await given.Engine.RunAsync(request, Stop);

        Assert.Equal(isRefused, response.Error?.WireCode == "file_not_found");
        Assert.False(isRefused && client.Asked.Count > 0);
    }

    private sealed class Replaces : ICallMiddleware
    {
        public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
        {
            call.Body.Replace(call.Body.GetCanonical());
            return next(call);
        }
    }
}
