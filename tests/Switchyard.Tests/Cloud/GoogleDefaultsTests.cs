using Google.Apis.Auth.OAuth2;
using Switchyard.Cloud.Credentials;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Cloud;

/// <summary>Google's default credentials are found even if they appear after the first search.</summary>
public sealed class GoogleDefaultsTests : IDisposable
{
    private const string SignedIn = """{"type":"authorized_user","client_id":"a","client_secret":"b","refresh_token":"c"}""";

    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string> _environment = new() { ["GCE_METADATA_HOST"] = "127.0.0.1:1" };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_sign_in_is_found_where_there_was_none_before()
    {
        _environment["HOME"] = _folder.FullPath;
        Assert.Null(await GoogleDefaults.FindAsync(_environment.GetValueOrDefault, Token));

        var file = Path.Combine(_folder.FullPath, ".config", "gcloud", "application_default_credentials.json");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllTextAsync(file, SignedIn, Token);

        var found = await GoogleDefaults.FindAsync(_environment.GetValueOrDefault, Token);
        Assert.IsType<UserCredential>(found!.UnderlyingCredential);
    }

    [Fact]
    public async Task A_file_that_is_named_is_found_when_it_has_come()
    {
        _environment["GOOGLE_APPLICATION_CREDENTIALS"] = Path.Combine(_folder.FullPath, "account.json");
        Assert.Null(await GoogleDefaults.FindAsync(_environment.GetValueOrDefault, Token));

        _folder.Write("account.json", SignedIn);

        Assert.NotNull(await GoogleDefaults.FindAsync(_environment.GetValueOrDefault, Token));
    }

    [Fact]
    public async Task A_metadata_server_is_found_when_it_answers()
    {
        await using var server = await FakeUpstream.StartAsync();
        Assert.Null(await GoogleDefaults.FindAsync(_environment.GetValueOrDefault, Token));

        _environment["GCE_METADATA_HOST"] = new Uri(server.BaseUrl).Authority;

        var found = await GoogleDefaults.FindAsync(_environment.GetValueOrDefault, Token);
        Assert.IsType<ComputeCredential>(found!.UnderlyingCredential);
    }
}
