using System.Data.Common;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Switchyard.Common;

/// <summary>
/// The cause of a failure in words, for an operator. Without the exception's message, which may quote an address, a statement or a secret.
/// </summary>
internal static class FailureWords
{
    /// <summary>The cause: <c>the connection was refused</c>.</summary>
    public static string Of(Exception failure)
    {
        // The outermost exception of a client wraps the one that says what happened.
        for (var at = failure; at is not null; at = at.InnerException)
        {
            if (CauseOf(at) is { } cause)
                return cause;
        }

        return failure switch
        {
            DbException { SqlState.Length: > 0 } refusal => $"the database refused with code {refusal.SqlState}",
            DbException => "the database failed",
            HttpRequestException or SocketException => "the connection failed",
            IOException => "reading or writing failed",
            _ => $"an unexpected failure, {failure.GetType().Name}",
        };
    }

    private static string? CauseOf(Exception failure) => failure switch
    {
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => "the connection was refused",
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData } =>
            "the host was not found",
        SocketException { SocketErrorCode: SocketError.HostUnreachable or SocketError.NetworkUnreachable } => "the host cannot be reached",
        SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.ConnectionAborted } => "the connection was cut",
        SocketException { SocketErrorCode: SocketError.TimedOut } or TimeoutException or OperationCanceledException =>
            "it did not answer in time",
        AuthenticationException => "TLS could not be set up",
        UnauthorizedAccessException => "access was denied",
        // SQLite's errors 5 and 6, whose number no property of the base class has. The gateway's own ledger may hold the lock.
        DbException when failure.Message.Contains("is locked", StringComparison.Ordinal) => "its file is locked",
        _ => null,
    };
}
