using System.Net.Sockets;
using Microsoft.Data.Sqlite;
using Switchyard.Common;
using Xunit;

namespace Switchyard.Tests.Common;

/// <summary>The causes of failures in words.</summary>
public sealed class FailureWordsTests
{
    public static TheoryData<Exception, string> Failures() => new()
    {
        {
            new HttpRequestException("db.internal:5432", new SocketException((int)SocketError.ConnectionRefused)),
            "the connection was refused"
        },
        { new HttpRequestException("db.internal"), "the connection failed" },
        { new SocketException((int)SocketError.HostNotFound), "the host was not found" },
        { new TaskCanceledException(), "it did not answer in time" },
        { new UnauthorizedAccessException("/secret"), "access was denied" },
        { new IOException("/secret"), "reading or writing failed" },
        { new SqliteException("SQLite Error 5: 'database is locked'.", 5), "its file is locked" },
        { new SqliteException("SQLite Error 1: 'near select'.", 1), "the database failed" },
        { new InvalidOperationException("hush"), "an unexpected failure, InvalidOperationException" },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public void A_failure_has_its_cause_in_words_and_nothing_of_its_message(Exception failure, string expected) =>
        Assert.Equal(expected, FailureWords.Of(failure));
}
